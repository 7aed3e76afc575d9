extension ArenaWriter {
    /// An upper bound of what `appendRRset` writes.
    static func rrsetBound(_ rrset: RRset) -> Int {
        rrset.rdata.reduce(StoredRRset.headerSize) { $0 + 12 + $1.count + 4 }
    }

    /// Writes `rrset` as a `StoredRRset`. Names in RDATA that RFC 1035 allows to compress (RFC 3597 §4) and that end
    /// in the zone's apex end in a pointer to it instead.
    ///
    /// - Returns: false if it could never be sent, being longer than a message can be.
    mutating func appendRRset(_ rrset: RRset, apex: [UInt8]) -> Bool {
        guard Self.rrsetBound(rrset) < 65_000 else { return false }
        let header = count
        appendNative(rrset.type.rawValue)
        appendNative(UInt16(rrset.rdata.count))
        appendNative(UInt32(0))
        let start = count
        var patches: [UInt16] = []
        for rdata in rrset.rdata {
            appendWire(UInt16(0xC00C))
            appendWire(rrset.type.rawValue)
            appendWire(UInt16(1))
            appendWire(rrset.ttlSeconds)
            let lengthOffset = count
            appendWire(UInt16(0))
            appendRDATA(rdata, type: rrset.type.rawValue, apex: apex, start: start, patches: &patches)
            storeWire(UInt16(count - lengthOffset - 2), at: lengthOffset)
        }
        storeNative(UInt32(count - start) << 8 | UInt32(patches.count), at: header + 4)
        for patch in patches { appendNative(patch) }
        return true
    }

    private mutating func appendRDATA(
        _ rdata: [UInt8], type: UInt16, apex: [UInt8], start: Int, patches: inout [UInt16]
    ) {
        var position = 0
        if let layout = compressibleNames(inType: type) {
            position = layout.offset
            append(contentsOf: Array(rdata.prefix(position)))
            for _ in 0..<layout.count {
                guard let length = wireNameLength(in: rdata, at: position) else { break }
                let name = rdata[position..<position + length]
                if patches.count < 255, let prefix = prefixLength(of: name, above: apex) {
                    append(contentsOf: Array(name.prefix(prefix)))
                    patches.append(UInt16(count - start))
                    appendWire(UInt16(0xC000))
                } else {
                    append(contentsOf: Array(name))
                }
                position += length
            }
        }
        append(contentsOf: position == 0 ? rdata : Array(rdata.dropFirst(position)))
    }
}

/// Where the names lie in RDATA of a type whose names may be compressed: RFC 1035's, and only those still in use.
func compressibleNames(inType type: UInt16) -> (offset: Int, count: Int)? {
    switch type {
    case TypeCode.ns, TypeCode.cname, TypeCode.ptr: (0, 1)
    case TypeCode.mx: (2, 1)
    case TypeCode.soa: (0, 2)
    default: nil
    }
}

/// How much of `name` stands before `suffix` (lower case), cut at a label; nil if it does not end in it, or if
/// `suffix` is the root, to which no pointer is worth its octets.
func prefixLength(of name: ArraySlice<UInt8>, above suffix: [UInt8]) -> Int? {
    guard suffix.count > 2, name.count >= suffix.count else { return nil }
    var position = name.startIndex
    while name.endIndex - position > suffix.count { position += 1 + Int(name[position]) }
    guard name.endIndex - position == suffix.count,
        zip(name[position...], suffix).allSatisfy({ lowercased($0) == $1 })
    else { return nil }
    return position - name.startIndex
}
