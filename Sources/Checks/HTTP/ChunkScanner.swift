/// Takes the chunked transfer coding off a body that comes in pieces cut anywhere (RFC 9112 §7.1).
struct ChunkScanner: Sendable {
    enum Step {
        case needsMore
        case body(UnsafeRawBufferPointer)
        case end
    }

    private enum Stage {
        case size(value: Int, digits: Int)
        /// Blanks and extensions behind the size, up to the end of the line.
        case restOfSizeLine(value: Int, length: Int)
        case bytes(left: Int)
        case endOfBytes
        /// Trailers; `lineLength` is that of the line we are in, without its end.
        case trailer(lineLength: Int, total: Int)
    }

    private static let longestExtension = 4096
    private static let longestTrailer = 65536

    private var stage = Stage.size(value: 0, digits: 0)

    /// Takes the next step in `piece`.
    mutating func next(_ piece: inout UnsafeRawBufferPointer) throws(ResponseFault) -> Step {
        while !piece.isEmpty {
            if case .bytes(let left) = stage {
                let part = take(min(left, piece.count), from: &piece)
                stage = part.count == left ? .endOfBytes : .bytes(left: left - part.count)
                return .body(part)
            }
            let excerpt = UnsafeRawBufferPointer(rebasing: piece.prefix(60))
            let byte = take(1, from: &piece)[0]
            guard let following = try advance(byte, excerpt) else { return .end }
            stage = following
        }
        return .needsMore
    }

    /// The stage that one byte of framing leads to; nil at the end of the body.
    private func advance(_ byte: UInt8, _ excerpt: UnsafeRawBufferPointer) throws(ResponseFault) -> Stage? {
        let isLineEnd = byte == UInt8(ascii: "\n")
        switch stage {
        case .size(let value, let digits):
            if let digit = hexValue(byte), digits < 15 {
                return .size(value: value << 4 | Int(digit), digits: digits + 1)
            }
            guard digits > 0, isLineEnd || [0x0D, 0x20, 0x09, UInt8(ascii: ";")].contains(byte) else {
                throw .badChunk(excerpt: printable(excerpt))
            }
            return isLineEnd ? afterSize(value) : .restOfSizeLine(value: value, length: 0)
        case .restOfSizeLine(let value, let length):
            guard length < Self.longestExtension else { throw .badChunk(excerpt: printable(excerpt)) }
            return isLineEnd ? afterSize(value) : .restOfSizeLine(value: value, length: length + 1)
        case .endOfBytes:
            if byte == UInt8(ascii: "\r") { return .endOfBytes }
            guard isLineEnd else { throw .badChunk(excerpt: printable(excerpt)) }
            return .size(value: 0, digits: 0)
        case .trailer(let lineLength, let total):
            guard total < Self.longestTrailer else { throw .headTooLong }
            if byte == UInt8(ascii: "\r") { return .trailer(lineLength: lineLength, total: total + 1) }
            guard isLineEnd else { return .trailer(lineLength: lineLength + 1, total: total + 1) }
            return lineLength == 0 ? nil : .trailer(lineLength: 0, total: total + 1)
        case .bytes: preconditionFailure("the bytes of a chunk are taken whole")
        }
    }

    private func afterSize(_ size: Int) -> Stage {
        size == 0 ? .trailer(lineLength: 0, total: 0) : .bytes(left: size)
    }
}
