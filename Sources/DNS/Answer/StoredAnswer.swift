import Addresses

/// A dynamic answer as it goes over the wire: one immutable run of memory with the records of both families, every
/// owner name a pointer to the question, so that a reader gets the whole of one answer or the whole of another.
///
///     0 is SERVFAIL   2 number of A records   4 their length   6 number of AAAA records   8 their length
///     10 length of the extended-error option   12 A records · AAAA records · option
struct StoredAnswer: BitwiseCopyable {
    let base: UnsafeRawPointer

    private static let headerSize = 12

    @inline(__always) private func field(_ offset: Int) -> Int {
        Int(base.load(fromByteOffset: offset, as: UInt16.self))
    }
    @inline(__always) var isFailure: Bool { field(0) != 0 }
    @inline(__always) var v4Count: Int { field(2) }
    @inline(__always) var v4Length: Int { field(4) }
    @inline(__always) var v6Count: Int { field(6) }
    @inline(__always) var v6Length: Int { field(8) }
    @inline(__always) var optionLength: Int { field(10) }
    @inline(__always) var v4Records: UnsafeRawPointer { base + StoredAnswer.headerSize }
    @inline(__always) var v6Records: UnsafeRawPointer { v4Records + v4Length }
    @inline(__always) var option: UnsafeRawPointer { v6Records + v6Length }

    /// Allocates and fills; whoever takes it out of service deallocates it.
    static func allocate(_ answer: DynamicAnswer) -> StoredAnswer {
        var addresses: (v4: [IPv4Address], v6: [IPv6Address]) = ([], [])
        var isFailure = false
        var error = answer.extendedError
        switch answer.content {
        case .addresses(let v4, let v6):
            precondition(v4.count <= 1000 && v6.count <= 1000, "more addresses than a message can hold")
            addresses = (v4, v6)
        case .nodata: break
        case .servfail: isFailure = true
        case .notReady:
            isFailure = true
            error = error ?? ExtendedError(code: ExtendedError.notReady)
        }
        let option = error?.option ?? []
        let lengths = [addresses.v4.count, 16 * addresses.v4.count, addresses.v6.count, 28 * addresses.v6.count]
        var writer = ArenaWriter(exactCapacity: headerSize + lengths[1] + lengths[3] + option.count)
        for field in [isFailure ? 1 : 0] + lengths + [option.count] { writer.appendNative(UInt16(field)) }
        for address in addresses.v4 {
            writer.appendAddress(type: TypeCode.a, ttlSeconds: answer.ttlSeconds, octets: address.octets)
        }
        for address in addresses.v6 {
            writer.appendAddress(type: TypeCode.aaaa, ttlSeconds: answer.ttlSeconds, octets: address.octets)
        }
        writer.append(contentsOf: option)
        return StoredAnswer(base: UnsafeRawPointer(writer.take()))
    }
}

extension ArenaWriter {
    fileprivate mutating func appendAddress(type: UInt16, ttlSeconds: UInt32, octets: [UInt8]) {
        appendWire(UInt16(0xC00C))
        appendWire(type)
        appendWire(UInt16(1))
        appendWire(ttlSeconds)
        appendWire(UInt16(octets.count))
        append(contentsOf: octets)
    }
}
