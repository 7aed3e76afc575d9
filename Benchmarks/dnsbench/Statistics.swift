extension Array where Element == Double {
    /// The middle one, or the lower of the two in the middle; nil if there is none.
    var median: Double? { isEmpty ? nil : sorted()[(count - 1) / 2] }
}

extension Double {
    /// With so many places behind the point.
    func text(_ places: Int) -> String {
        guard isFinite else { return "–" }
        var factor = 1.0
        for _ in 0..<places { factor *= 10 }
        let whole = Int((magnitude * factor).rounded())
        let sign = self < 0 && whole > 0 ? "-" : ""
        if places == 0 { return sign + whole.grouped }
        let fraction = String(whole % Int(factor))
        return sign + (whole / Int(factor)).grouped + "."
            + String(repeating: "0", count: places - fraction.count) + fraction
    }
}

extension Int {
    /// `1234567` as `1,234,567`.
    var grouped: String {
        var text = ""
        for (index, digit) in String(self).reversed().enumerated() {
            if index > 0, index % 3 == 0, digit != "-" { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }
}
