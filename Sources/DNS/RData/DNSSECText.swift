/// A DNSSEC algorithm from its number or its mnemonic (IANA, DNS Security Algorithm Numbers).
func algorithm(_ text: Span<UInt8>) -> UInt8? {
    if let number = decimal(text, limit: UInt64(UInt8.max)) { return UInt8(number) }
    let word = text.text.uppercased()
    return algorithmMnemonics.first { $0.mnemonic == word }?.number
}

private let algorithmMnemonics: [(mnemonic: String, number: UInt8)] = [
    ("RSAMD5", 1), ("DH", 2), ("DSA", 3), ("RSASHA1", 5), ("DSA-NSEC3-SHA1", 6), ("RSASHA1-NSEC3-SHA1", 7),
    ("RSASHA256", 8), ("RSASHA512", 10), ("ECC-GOST", 12), ("ECDSAP256SHA256", 13), ("ECDSAP384SHA384", 14),
    ("ED25519", 15), ("ED448", 16), ("INDIRECT", 252), ("PRIVATEDNS", 253), ("PRIVATEOID", 254),
]

/// Appends the window blocks of RFC 4034 §4.1.2.
func appendTypeBitmap(_ types: [RRType], to octets: inout [UInt8]) {
    var window: UInt16?
    var bits: [UInt8] = []
    func close() {
        guard let window else { return }
        octets += [UInt8(window), UInt8(bits.count)] + bits
    }
    for number in types.map(\.rawValue).sorted() {
        if number >> 8 != window {
            close()
            window = number >> 8
            bits = []
        }
        let octet = Int(number & 0xFF) / 8
        while bits.count <= octet { bits.append(0) }
        bits[octet] |= 0x80 >> UInt8(number & 7)
    }
    close()
}

/// The types of a bitmap, ascending; nil if it is malformed.
func typesOfBitmap(_ octets: ArraySlice<UInt8>) -> [RRType]? {
    var types: [RRType] = []
    var rest = octets
    var lastWindow = -1
    while let window = rest.popFirst() {
        guard Int(window) > lastWindow, let length = rest.popFirst(), (1...32).contains(length),
            rest.count >= length
        else { return nil }
        lastWindow = Int(window)
        for (index, octet) in rest.prefix(Int(length)).enumerated() {
            for bit in 0..<8 where octet & (0x80 >> UInt8(bit)) != 0 {
                types.append(RRType(rawValue: UInt16(window) << 8 | UInt16(index * 8 + bit)))
            }
        }
        rest = rest.dropFirst(Int(length))
    }
    return types
}
