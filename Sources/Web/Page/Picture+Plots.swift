import Control

extension Picture {
    /// Up and down over time: a bar for each part of a span, red as high as it was down.
    static func strip(_ parts: [Double?], label: String) -> HTML {
        var good = ""
        var bad = ""
        var none = ""
        for (index, part) in parts.enumerated() {
            let x = index * 5
            guard let down = part else {
                none += "M\(x) 22h4v8h-4z"
                continue
            }
            // However short an outage was, it can be seen.
            let height = down == 0 ? 0 : max(6, (down * 30).rounded(.up))
            if height < 30 { good += "M\(x) 0h4v\((30 - height).short)h-4z" }
            if height > 0 { bad += "M\(x) \((30 - height).short)h4V30h-4z" }
        }
        return """
            <svg class="history" viewBox="0 0 \(parts.count * 5) 30" preserveAspectRatio="none" role="img" aria-label="\(label)">\
            <path class="none" d="\(none)"/><path class="good" d="\(good)"/><path class="bad" d="\(bad)"/></svg>
            """
    }

    static let phases = ["resolve", "connect", "tls", "first-byte", "rest"]

    /// How long probes took, phase upon phase, the oldest left. A failure is marked at the foot.
    ///
    /// - Parameter label: of the whole plot, and of its scale's top.
    static func latency(_ probes: [ProbeReport], label: String, scale: (Double) -> String) -> HTML {
        let (width, height) = (600.0, 150.0)
        let top = ceiling(probes.map(\.totalMilliseconds).max() ?? 1)
        let step = width / Double(max(probes.count, 20))
        var paths = Array(repeating: "", count: phases.count)
        var failures = ""
        for (index, probe) in probes.enumerated() {
            let x = width - Double(probes.count - index) * step
            var foot = height
            for (phase, value) in probe.parts.enumerated() where value > 0 {
                let tall = value / top * height
                paths[phase] +=
                    "M\(x.short) \((foot - tall).short)h\((step * 0.85).short)v\(tall.short)h-\((step * 0.85).short)z"
                foot -= tall
            }
            if !probe.isSuccess {
                failures += "M\(x.short) \((height + 3).short)h\((step * 0.85).short)v5h-\((step * 0.85).short)z"
            }
        }
        let lines = [0.0, 0.5, 1].map { share -> HTML in
            let y = height - share * height
            return "<path class=\"grid\" d=\"M0 \(y.short)H\(width.short)\"/>"
        }
        return """
            <figure class="latency"><div class="scale"><span>\(scale(top))</span><span>\(scale(top / 2))</span><span>0</span></div>\
            <svg viewBox="0 0 \(width.short) \((height + 8).short)" preserveAspectRatio="none" role="img" aria-label="\(label)">\(lines)\
            \(zip(phases, paths).map { "<path class=\"phase-\($0)\" d=\"\($1)\"/>" as HTML })<path class="bad" d="\(failures)"/></svg></figure>
            """
    }

    /// The next round number: 1, 2 or 5 times a power of ten.
    static func ceiling(_ value: Double) -> Double {
        var unit = 0.1
        while unit < 1e9 {
            for factor in [1.0, 2, 5] where unit * factor >= value { return unit * factor }
            unit *= 10
        }
        return unit
    }
}

extension ProbeReport {
    /// How long each phase took, and what is left of the whole; milliseconds.
    fileprivate var parts: [Double] {
        let named = [resolveMilliseconds, connectMilliseconds, tlsMilliseconds, firstByteMilliseconds].map { $0 ?? 0 }
        return named + [max(0, totalMilliseconds - named.reduce(0, +))]
    }
}
