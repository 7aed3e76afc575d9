/// A QR code (ISO/IEC 18004:2015): a text as a square of dark and light modules that a camera reads.
///
///     text ─► bits ─► codewords, with what repairs them (level M: up to 15 % may be unreadable)
///          ─► zigzag between the fixed patterns ─► the mask under which they look least like a pattern
struct QRCode: Hashable, Sendable {
    /// Modules on each side.
    let size: Int
    private var isDark: [Bool]
    /// Which modules are fixed patterns, and carry no data.
    private var isFixed: [Bool]
    private let version: Int

    /// By version, from 1: codewords that repair each block, and how many blocks (table 9, level M).
    private static let levels: [(repair: Int, blocks: Int)] = [
        (10, 1), (16, 1), (26, 1), (18, 2), (24, 2), (16, 4), (18, 4), (22, 4), (22, 5), (26, 5), (30, 5), (22, 8),
        (22, 9), (24, 9), (24, 10), (28, 10), (28, 11), (26, 13), (26, 14), (26, 16), (26, 17), (28, 17), (28, 18),
        (28, 20), (28, 21),
    ]

    /// Nil for a text of more than 997 octets (version 25).
    init?(_ text: String) {
        let octets = Array(text.utf8)
        guard let version = (1...Self.levels.count).first(where: { Self.capacity($0) >= octets.count }) else {
            return nil
        }
        self.version = version
        size = version * 4 + 17
        isDark = Array(repeating: false, count: size * size)
        isFixed = isDark
        drawPatterns()
        let plain = isDark
        var best: (penalty: Int, modules: [Bool])?
        for mask in 0..<8 {
            isDark = plain
            place(Self.codewords(octets, version), under: mask)
            drawFormat(mask)
            let found = penalty
            if best.map({ found < $0.penalty }) ?? true { best = (found, isDark) }
        }
        if let best { isDark = best.modules }
    }

    subscript(column: Int, row: Int) -> Bool { isDark[row * size + column] }

    // MARK: Codewords

    /// How many modules carry codewords.
    private static func dataModules(_ version: Int) -> Int {
        let all = (16 * version + 128) * version + 64
        guard version >= 2 else { return all }
        let marks = version / 7 + 2
        return all - (25 * marks - 10) * marks + 55 - (version >= 7 ? 36 : 0)
    }

    private static func dataCodewords(_ version: Int) -> Int {
        let level = levels[version - 1]
        return dataModules(version) / 8 - level.repair * level.blocks
    }

    /// Octets that fit, beside the mode and their number.
    private static func capacity(_ version: Int) -> Int {
        (dataCodewords(version) * 8 - 4 - (version < 10 ? 8 : 16)) / 8
    }

    /// In the order in which they are placed (§7.4 to 7.6).
    private static func codewords(_ octets: [UInt8], _ version: Int) -> [UInt8] {
        var bits: [Bool] = []
        func append(_ value: Int, _ count: Int) {
            for bit in (0..<count).reversed() { bits.append(value >> bit & 1 == 1) }
        }
        append(0b0100, 4)
        append(octets.count, version < 10 ? 8 : 16)
        for octet in octets { append(Int(octet), 8) }
        let count = dataCodewords(version)
        append(0, min(4, count * 8 - bits.count))
        while !bits.count.isMultiple(of: 8) { bits.append(false) }
        var data = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<start + 8].reduce(0 as UInt8) { $0 << 1 | ($1 ? 1 : 0) }
        }
        let written = data.count
        while data.count < count { data.append((data.count - written).isMultiple(of: 2) ? 0xEC : 0x11) }

        let level = levels[version - 1]
        let short = count / level.blocks
        let long = count % level.blocks
        var blocks: [[UInt8]] = []
        var rest = data[...]
        for block in 0..<level.blocks {
            let length = block < level.blocks - long ? short : short + 1
            blocks.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        let field = GaloisField()
        let divisor = field.divisor(degree: level.repair)
        let repairs = blocks.map { field.remainder(of: $0, by: divisor) }
        let interleaved = (0...short).flatMap { place in blocks.compactMap { place < $0.count ? $0[place] : nil } }
        return interleaved + (0..<level.repair).flatMap { place in repairs.map { $0[place] } }
    }

    // MARK: Fixed patterns

    private mutating func fix(_ column: Int, _ row: Int, _ dark: Bool) {
        isDark[row * size + column] = dark
        isFixed[row * size + column] = true
    }

    private mutating func drawPatterns() {
        for place in 0..<size {
            fix(6, place, place.isMultiple(of: 2))
            fix(place, 6, place.isMultiple(of: 2))
        }
        for (column, row) in [(3, 3), (size - 4, 3), (3, size - 4)] { drawFinder(column, row) }
        let marks = alignments
        for column in marks {
            for row in marks where !isCorner(column, row) {
                for (x, y) in Self.square(2) { fix(column + x, row + y, max(abs(x), abs(y)) != 1) }
            }
        }
        drawFormat(0)
        if version >= 7 { drawVersion() }
    }

    private static func square(_ radius: Int) -> [(Int, Int)] {
        (-radius...radius).flatMap { y in (-radius...radius).map { ($0, y) } }
    }

    private mutating func drawFinder(_ column: Int, _ row: Int) {
        for (x, y) in Self.square(4) where (0..<size).contains(column + x) && (0..<size).contains(row + y) {
            let distance = max(abs(x), abs(y))
            fix(column + x, row + y, distance != 2 && distance != 4)
        }
    }

    /// Where alignment patterns would touch a finder.
    private func isCorner(_ column: Int, _ row: Int) -> Bool {
        let far = size - 7
        return column == 6 && (row == 6 || row == far) || column == far && row == 6
    }

    /// Centres of the alignment patterns, in both directions (annex E).
    private var alignments: [Int] {
        if version == 1 { return [] }
        let count = version / 7 + 2
        let step = (version * 8 + count * 3 + 5) / (count * 4 - 4) * 2
        return [6] + (0..<count - 1).reversed().map { size - 7 - $0 * step }
    }

    /// What is left of `value`, moved up by the polynomial's degree, when it is divided by it.
    private static func check(_ value: Int, by polynomial: Int, degree: Int) -> Int {
        var rest = value
        for _ in 0..<degree { rest = rest << 1 ^ (rest >> (degree - 1)) * polynomial }
        return rest
    }

    /// The level and the mask, twice (§7.9).
    private mutating func drawFormat(_ mask: Int) {
        // Level M is 00.
        let bits = (mask << 10 | Self.check(mask, by: 0x537, degree: 10)) ^ 0x5412
        let first = (0..<6).map { (8, $0) } + [(8, 7), (8, 8), (7, 8)] + (9..<15).map { (14 - $0, 8) }
        let second = (0..<8).map { (size - 1 - $0, 8) } + (8..<15).map { (8, size - 15 + $0) }
        for places in [first, second] {
            for (bit, (column, row)) in places.enumerated() { fix(column, row, bits >> bit & 1 == 1) }
        }
        fix(8, size - 8, true)
    }

    /// §7.10.
    private mutating func drawVersion() {
        let bits = version << 12 | Self.check(version, by: 0x1F25, degree: 12)
        for bit in 0..<18 {
            let (near, far) = (bit / 3, size - 11 + bit % 3)
            fix(far, near, bits >> bit & 1 == 1)
            fix(near, far, bits >> bit & 1 == 1)
        }
    }

    // MARK: Data

    /// From the lower right corner, two columns at a time, up and down (§7.7.3).
    private mutating func place(_ codewords: [UInt8], under mask: Int) {
        var bit = 0
        var isUp = true
        for right in stride(from: size - 1, to: 0, by: -2).map({ $0 <= 6 ? $0 - 1 : $0 }) {
            for step in 0..<size {
                let row = isUp ? size - 1 - step : step
                for column in [right, right - 1] where !isFixed[row * size + column] {
                    let isSet = bit < codewords.count * 8 && codewords[bit / 8] >> (7 - bit % 8) & 1 == 1
                    isDark[row * size + column] = isSet != Self.isMasked(column, row, mask)
                    bit += 1
                }
            }
            isUp.toggle()
        }
    }

    /// Table 10.
    private static func isMasked(_ x: Int, _ y: Int, _ mask: Int) -> Bool {
        switch mask {
        case 0: (x + y).isMultiple(of: 2)
        case 1: y.isMultiple(of: 2)
        case 2: x.isMultiple(of: 3)
        case 3: (x + y).isMultiple(of: 3)
        case 4: (x / 3 + y / 2).isMultiple(of: 2)
        case 5: x * y % 2 + x * y % 3 == 0
        case 6: (x * y % 2 + x * y % 3).isMultiple(of: 2)
        default: ((x + y) % 2 + x * y % 3).isMultiple(of: 2)
        }
    }

    /// How easily a reader could take it for something else (§7.8.3).
    private var penalty: Int {
        var sum = 0
        for line in 0..<size {
            sum += Self.penalty(ofLine: (0..<size).map { self[$0, line] })
            sum += Self.penalty(ofLine: (0..<size).map { self[line, $0] })
        }
        for row in 1..<size {
            for column in 1..<size {
                let colour = self[column, row]
                if self[column - 1, row] == colour, self[column, row - 1] == colour, self[column - 1, row - 1] == colour
                {
                    sum += 3
                }
            }
        }
        let dark = isDark.count { $0 }
        return sum + abs(dark * 20 - isDark.count * 10) / isDark.count * 10
    }

    private static let finderLike = [true, false, true, true, true, false, true]

    private static func penalty(ofLine line: [Bool]) -> Int {
        var sum = 0
        var run = 0
        for (place, colour) in line.enumerated() {
            run = place > 0 && line[place - 1] == colour ? run + 1 : 1
            if run == 5 { sum += 3 } else if run > 5 { sum += 1 }
        }
        for start in 0..<max(line.count - 10, 0) {
            let window = line[start..<start + 11]
            let isAhead = window.prefix(4).allSatisfy { !$0 } && window.suffix(7).elementsEqual(finderLike)
            let isBehind = window.suffix(4).allSatisfy { !$0 } && window.prefix(7).elementsEqual(finderLike)
            if isAhead || isBehind { sum += 40 }
        }
        return sum
    }
}

/// The field of 256 elements in which codewords are repaired (x⁸ + x⁴ + x³ + x² + 1).
private struct GaloisField {
    private var powers = [UInt8](repeating: 0, count: 255)
    private var logarithms = [Int](repeating: 0, count: 256)

    init() {
        var value = 1
        for exponent in 0..<255 {
            powers[exponent] = UInt8(value)
            logarithms[value] = exponent
            value = value << 1 ^ (value >> 7) * 0x11D
        }
    }

    func product(_ left: UInt8, _ right: UInt8) -> UInt8 {
        left == 0 || right == 0 ? 0 : powers[(logarithms[Int(left)] + logarithms[Int(right)]) % 255]
    }

    /// (x − 1)(x − 2)(x − 4)…, without its first coefficient, which is 1.
    func divisor(degree: Int) -> [UInt8] {
        var coefficients: [UInt8] = [1]
        for root in 0..<degree {
            let shifted = coefficients + [0]
            let scaled = [0] + coefficients.map { product($0, powers[root]) }
            coefficients = zip(shifted, scaled).map { $0 ^ $1 }
        }
        return Array(coefficients.dropFirst())
    }

    func remainder(of data: [UInt8], by divisor: [UInt8]) -> [UInt8] {
        var rest = [UInt8](repeating: 0, count: divisor.count)
        for octet in data {
            let factor = octet ^ rest[0]
            rest = zip(rest.dropFirst() + [0], divisor).map { $0 ^ product($1, factor) }
        }
        return rest
    }
}

extension QRCode {
    /// Dark on light whatever the theme is, with the four light modules around it that readers need.
    func picture(_ title: String) -> HTML {
        var path = ""
        for row in 0..<size {
            var column = 0
            while column < size {
                let end = (column..<size).first { !self[$0, row] } ?? size
                if end > column { path += "M\(column + 4) \(row + 4)h\(end - column)v1h-\(end - column)z" }
                column = end + 1
            }
        }
        return """
            <svg class="qr" viewBox="0 0 \(size + 8) \(size + 8)" width="220" height="220" role="img" aria-label="\(title)" \
            shape-rendering="crispEdges"><path fill="#fff" d="M0 0h\(size + 8)v\(size + 8)H0z"/><path fill="#000" d="\(path)"/></svg>
            """
    }
}
