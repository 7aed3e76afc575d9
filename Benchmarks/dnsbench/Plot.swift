/// Bars side by side, as a picture that needs nothing else (SVG).
struct Plot {
    private let figures: Figures
    private let contestants: [Contestant]

    private static let (width, rowHeight, barHeight, labelWidth) = (760, 22, 14, 250)
    private static let colors = ["#b3b3b3", "#d9480f", "#f08c4b", "#4c78a8", "#54a24b", "#72b7b2", "#b279a2"]

    init(_ figures: Figures, contestants: [Contestant]) {
        self.figures = figures
        self.contestants = contestants
    }

    private struct Bar {
        let contestant: Contestant
        let value: Double
        let text: String
    }

    var svg: String {
        let sizes = figures.cells.keys.sorted()
        var panels: [(title: String, bars: [Bar])] = sizes.map { names in
            (
                "Processor time per UDP query, \(names.grouped) names (reflector = 1)",
                bars(2) { figures.cells[names]?[$0]?.udp.ratio.median }
            )
        }
        if let largest = sizes.last {
            panels.append(
                (
                    "Resident memory, \(largest.grouped) names, MB",
                    bars(0, except: [.reflector, .health]) { contestant in
                        (figures.cells[largest]?[contestant]?.residentOctets.median).map { $0 / 1e6 }
                    }
                ))
        }
        var y = 12
        var body = ""
        for panel in panels {
            y += 18
            body += "<text x=\"12\" y=\"\(y)\" font-weight=\"bold\">\(panel.title)</text>\n"
            y += 10
            let most = panel.bars.map(\.value).max() ?? 1
            for bar in panel.bars {
                body += row(bar, y: y, most: most)
                y += Self.rowHeight
            }
            y += 8
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.width) \(y)" width="\(Self.width)" \
            font-family="sans-serif" font-size="12" fill="#222">
            <rect width="100%" height="100%" fill="#fff"/>
            \(body)</svg>

            """
    }

    private func bars(
        _ places: Int, except left: Set<Contestant> = [], _ value: (Contestant) -> Double?
    ) -> [Bar] {
        contestants.filter { !left.contains($0) }.compactMap { contestant in
            value(contestant).map { Bar(contestant: contestant, value: $0, text: $0.text(places)) }
        }
    }

    private func row(_ bar: Bar, y: Int, most: Double) -> String {
        let room = Double(Self.width - Self.labelWidth - 70)
        let width = Int((room * bar.value / most).rounded())
        let color = Contestant.allCases.firstIndex(of: bar.contestant).map { Self.colors[$0] } ?? "#888"
        let text = y + 11
        return """
            <text x="\(Self.labelWidth - 8)" y="\(text)" text-anchor="end">\(bar.contestant.title)</text>
            <rect x="\(Self.labelWidth)" y="\(y)" width="\(width)" height="\(Self.barHeight)" fill="\(color)"/>
            <text x="\(Self.labelWidth + width + 6)" y="\(text)">\(bar.text)</text>

            """
    }
}
