/// What is drawn on the server. Colours come from the style sheet, by class.
enum Picture {
    /// The house's cat; its face says how things are.
    static func cat(_ tone: Tone, size: Int) -> HTML {
        let eyes: HTML =
            switch tone {
            case .good: "<circle cx=\"23\" cy=\"34\" r=\"4\"/><circle cx=\"41\" cy=\"34\" r=\"4\"/>"
            case .wait, .plain: "<path class=\"stroke\" d=\"M18 34h10M36 34h10\"/>"
            case .bad: "<path class=\"stroke\" d=\"M19 30l8 8m0-8l-8 8M37 30l8 8m0-8l-8 8\"/>"
            }
        let mouth = tone == .bad ? "M26 48q6-5 12 0" : "M27 43q2.500 3 5 0q2.500 3 5 0"
        return """
            <svg class="cat" viewBox="0 0 64 64" width="\(size)" height="\(size)" aria-hidden="true"><path class="fur" \
            d="M10 8l14 9q8-2 16 0l14-9 2 24q2 24-24 26Q6 56 8 32z"/>\(eyes)<path class="stroke" d="\(mouth)"/></svg>
            """
    }

    static func theme(_ theme: Visit.Theme) -> HTML {
        let shape: HTML =
            switch theme {
            case .auto: "<circle cx=\"8\" cy=\"8\" r=\"6\" class=\"outline\"/><path d=\"M8 2a6 6 0 0 1 0 12z\"/>"
            case .light:
                """
                <circle cx="8" cy="8" r="3.500"/><path class="outline" d="M8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 \
                1M3 13l1-1M12 4l1-1"/>
                """
            case .dark: "<path d=\"M6 1.500a6.500 6.500 0 1 0 8.500 8.500A5.500 5.500 0 0 1 6 1.500z\"/>"
            }
        return "<svg viewBox=\"0 0 16 16\" width=\"18\" height=\"18\" aria-hidden=\"true\">\(shape)</svg>"
    }

    /// A bar cut into parts, each as wide as its share.
    static func shares(_ parts: [(tone: String, count: Int)], label: String) -> HTML {
        let all = max(1, parts.reduce(0) { $0 + $1.count })
        var x = 0.0
        var bars: [HTML] = []
        for part in parts where part.count > 0 {
            // What is there at all can be seen.
            let width = max(0.6, Double(part.count) / Double(all) * 100)
            bars.append("<rect class=\"\(part.tone)\" x=\"\(x.short)\" y=\"0\" width=\"\(width.short)\" height=\"8\"/>")
            x += width
        }
        return """
            <svg class="shares" viewBox="0 0 \(max(x, 100).short) 8" preserveAspectRatio="none" role="img" \
            aria-label="\(label)">\(bars)</svg>
            """
    }
}

/// How something stands, at a glance.
enum Tone: String, Sendable {
    case good, bad, wait
    /// Neither good nor bad.
    case plain

    /// Of a state's word.
    init(state: String) {
        self =
            switch state {
            case "ok": .good
            case "err": .bad
            default: .wait
            }
    }
}

extension Double {
    /// At most two digits after the point, for coordinates.
    var short: String {
        let hundredths = (self * 100).rounded() / 100
        return hundredths == hundredths.rounded() ? "\(Int(hundredths))" : "\(hundredths)"
    }
}
