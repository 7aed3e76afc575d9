/// Lower-casing, comparing and hashing of wire names, eight octets at a time.
///
/// Every name that is looked up has been lower-cased into a scratch buffer first, so that comparing and hashing
/// are plain word operations. Length octets are at most 63 and pass through lower-casing unharmed (RFC 4343 §3).

/// Lower-cases eight octets at once.
@inline(__always)
func lowercasedWord(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let sevenBits = word & (ones &* 0x7F)
    let aboveZ = sevenBits &+ (ones &* 0x25)  // 0x5A + 0x25 = 0x7F: the top bit is set from '[' on
    let fromA = sevenBits &+ (ones &* 0x3F)  // 0x41 + 0x3F = 0x80: the top bit is set from 'A' on
    let upper = (fromA ^ aboveZ) & ~word & (ones &* 0x80)
    return word | (upper &>> 2)
}

/// Copies `count` octets in lower case. Reads no octet at or beyond `source + available`;
/// writes up to seven octets of rubbish behind the copy.
@inline(__always)
func copyLowercased(
    _ source: UnsafeRawPointer, count: Int, available: Int, to target: UnsafeMutableRawPointer
) {
    var index = 0
    while index < count, index &+ 8 <= available {
        let word = source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        target.storeBytes(of: lowercasedWord(word), toByteOffset: index, as: UInt64.self)
        index &+= 8
    }
    while index < count {
        let octet = source.load(fromByteOffset: index, as: UInt8.self)
        target.storeBytes(of: lowercased(octet), toByteOffset: index, as: UInt8.self)
        index &+= 1
    }
}

/// Whether two runs of `count` octets are equal. Reads nothing outside of them.
@inline(__always)
func sameOctets(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, count: Int) -> Bool {
    if count >= 8 {
        var index = 0
        while index &+ 8 <= count {
            if left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                != right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            {
                return false
            }
            index &+= 8
        }
        // The last word overlaps the one before it.
        return left.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
            == right.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    }
    for index in 0..<count
    where left.load(fromByteOffset: index, as: UInt8.self) != right.load(fromByteOffset: index, as: UInt8.self) {
        return false
    }
    return true
}

/// A 64-bit hash of a lower-cased wire name of 1–255 octets; reads nothing outside of it.
@inline(__always)
func nameHash(_ name: UnsafeRawPointer, count: Int) -> UInt64 {
    var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: count)
    if count >= 8 {
        var index = 0
        while index &+ 8 <= count {
            hash = folded(hash ^ name.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index &+= 8
        }
        hash = folded(hash ^ name.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
    } else {
        var word: UInt64 = 0
        for index in 0..<count {
            word = word &<< 8 | UInt64(name.load(fromByteOffset: index, as: UInt8.self))
        }
        hash = folded(hash ^ word)
    }
    return folded(hash)
}

/// The two halves of a full-width product, folded: every bit of the input moves every bit of the output.
@inline(__always)
private func folded(_ word: UInt64) -> UInt64 {
    let product = word.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    return product.high ^ product.low
}

/// The length of the whole uncompressed name at `offset` of `octets`, its root octet included (RFC 1035 §3.1),
/// or nil if it runs over the end, holds a compression pointer or exceeds 255 octets.
func wireNameLength(in octets: some RandomAccessCollection<UInt8>, at offset: Int) -> Int? {
    var position = octets.index(octets.startIndex, offsetBy: offset, limitedBy: octets.endIndex) ?? octets.endIndex
    var length = 0
    while position < octets.endIndex {
        let label = Int(octets[position])
        length += 1 + label
        guard label <= 63, length <= 255 else { return nil }
        if label == 0 { return length }
        guard let next = octets.index(position, offsetBy: 1 + label, limitedBy: octets.endIndex) else { return nil }
        position = next
    }
    return nil
}

/// The number of labels of a valid wire name, the root not counted.
func labelCount(ofWire wire: some RandomAccessCollection<UInt8>) -> Int {
    var position = wire.startIndex
    var count = 0
    while wire[position] != 0 {
        position = wire.index(position, offsetBy: 1 + Int(wire[position]))
        count += 1
    }
    return count
}
