/// SHA-224 (FIPS 180-4 §5.3.2, §6.3) and its HMAC (RFC 2104): the one algorithm of TSIG that swift-crypto lacks.
package enum SHA224 {
    /// The HMAC of the parts in a row.
    package static func authenticate(_ parts: [[UInt8]], key: [UInt8]) -> [UInt8] {
        var block = key.count > 64 ? digest(key) : key
        block += Array(repeating: 0, count: 64 - block.count)
        let inner = digest(block.map { $0 ^ 0x36 } + parts.joined())
        return digest(block.map { $0 ^ 0x5C } + inner)
    }

    package static func digest(_ message: [UInt8]) -> [UInt8] {
        var padded = message + [0x80]
        padded += Array(repeating: 0, count: (120 - padded.count % 64) % 64)
        appendBigEndian(UInt64(message.count) * 8, to: &padded)
        var state: [UInt32] = [
            0xC105_9ED8, 0x367C_D507, 0x3070_DD17, 0xF70E_5939, 0xFFC0_0B31, 0x6858_1511, 0x64F9_8FA7, 0xBEFA_4FA4,
        ]
        for start in stride(from: 0, to: padded.count, by: 64) { compress(padded[start..<start + 64], into: &state) }
        var octets: [UInt8] = []
        for word in state.prefix(7) { appendBigEndian(word, to: &octets) }
        return octets
    }

    private static func compress(_ block: ArraySlice<UInt8>, into state: inout [UInt32]) {
        var words: [UInt32] = (0..<16).map { index in
            block.dropFirst(4 * index).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        }
        for index in 16..<64 {
            let (early, late) = (words[index - 15], words[index - 2])
            let first = rotate(early, 7) ^ rotate(early, 18) ^ early >> 3
            let second = rotate(late, 17) ^ rotate(late, 19) ^ late >> 10
            words.append(words[index - 16] &+ first &+ words[index - 7] &+ second)
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for index in 0..<64 {
            let choice = (e & f) ^ (~e & g)
            let mixed = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
            let first = h &+ mixed &+ choice &+ roundConstants[index] &+ words[index]
            let majority = (a & b) ^ (a & c) ^ (b & c)
            let second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) &+ majority
            (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
        }
        for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= word }
    }

    private static func rotate(_ word: UInt32, _ bits: UInt32) -> UInt32 { word >> bits | word << (32 - bits) }

    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4 §4.2.2).
    private static let roundConstants: [UInt32] = {
        var constants: [UInt32] = []
        var candidate: UInt128 = 2
        while constants.count < 64 {
            let isPrime = !(2..<candidate).contains { candidate.isMultiple(of: $0) }
            if isPrime { constants.append(UInt32(truncatingIfNeeded: cubeRoot(candidate << 96))) }
            candidate += 1
        }
        return constants
    }()

    /// The whole part of the cube root.
    private static func cubeRoot(_ number: UInt128) -> UInt128 {
        var root: UInt128 = 0
        for bit in stride(from: 35, through: 0, by: -1) {
            let trial = root | (1 << UInt128(bit))
            if trial * trial * trial <= number { root = trial }
        }
        return root
    }
}
