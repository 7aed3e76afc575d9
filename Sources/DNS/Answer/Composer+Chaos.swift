/// Questions of class CH about the server itself (RFC 4892).
extension Composer {
    /// Answers `version.bind`, `id.server` and their like, if that is wanted; REFUSED otherwise.
    mutating func resolveChaos(_ name: UnsafeRawPointer, count: Int, type: UInt16) {
        guard type == TypeCode.txt || type == TypeCode.any else { return refuseQuietly() }
        var entry = source.options.pointee.chaosNames
        while true {
            let length = Int(entry.load(as: UInt8.self))
            if length == 0 { return refuseQuietly() }
            let record = entry + (1 &+ length)
            let recordLength = Int(record.loadUnaligned(as: UInt16.self))
            if length == count, sameOctets(entry + 1, name, count: count) {
                isAuthoritative = true
                if !append(records: record + 2, length: recordLength, count: 1, owner: headerLength) { truncate() }
                return
            }
            entry = record + (2 &+ recordLength)
        }
    }

    private mutating func refuseQuietly() { code = .refused }
}

extension ArenaWriter {
    /// One entry of `StoredOptions.Content.chaosNames`.
    mutating func append(chaosName name: String, text: String) {
        let labels = name.split(separator: ".")
        let wire: [UInt8] = labels.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
        append(UInt8(wire.count))
        append(contentsOf: wire)
        let words = Array(text.utf8.prefix(255))
        appendNative(UInt16(13 + words.count))
        appendWire(UInt16(0xC00C))
        appendWire(TypeCode.txt)
        appendWire(UInt16(3))
        appendWire(UInt32(0))
        appendWire(UInt16(1 + words.count))
        append(UInt8(words.count))
        append(contentsOf: words)
    }

    /// At the writer's start, where it is aligned.
    mutating func append(_ mask: NetworkMask) {
        withUnsafeBytes(of: mask) { octets in
            append(contentsOf: Array(octets))
            appendZeros(MemoryLayout<NetworkMask>.stride - octets.count)
        }
    }
}
