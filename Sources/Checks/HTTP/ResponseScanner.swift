/// Reads one HTTP/1.x answer from bytes that come in pieces cut anywhere (RFC 9112 §6). Bounded: it keeps the head,
/// 64 KiB at most, and nothing of the body.
struct ResponseScanner: Sendable {
    enum Event {
        case head(ResponseHead)
        /// Part of the body, transfer coding removed; valid as long as the piece it was cut from.
        case body(UnsafeRawBufferPointer)
        case end
    }

    private enum Stage {
        case head
        case counted(left: Int)
        case chunked(ChunkScanner)
        case untilClosed
        case over
    }

    static let longestHead = 65536

    private let requestIsHead: Bool
    private let keepsFields: Bool
    private var stage = Stage.head
    private var head: [UInt8] = []
    private var interimBytes = 0
    private(set) var hasBegun = false

    /// `requestIsHead`: the answer to HEAD has no body, whatever it says (RFC 9110 §9.3.2).
    /// `keepsFields`: whether all headers are given out.
    init(requestIsHead: Bool, keepsFields: Bool = false) {
        self.requestIsHead = requestIsHead
        self.keepsFields = keepsFields
    }

    /// Whether the answer is whole if the connection ends now.
    var mayEndHere: Bool {
        switch stage {
        case .untilClosed, .over: true
        case .head, .counted, .chunked: false
        }
    }

    var isInHead: Bool { if case .head = stage { true } else { false } }

    /// Takes the next event out of `piece`; nil when the piece is used up.
    mutating func next(_ piece: inout UnsafeRawBufferPointer) throws(ResponseFault) -> Event? {
        switch stage {
        case .head: return try scanHead(&piece)
        case .counted(let left):
            if left == 0 { return end() }
            guard !piece.isEmpty else { return nil }
            let part = take(min(left, piece.count), from: &piece)
            stage = .counted(left: left - part.count)
            return .body(part)
        case .chunked(var chunks):
            let step = try chunks.next(&piece)
            stage = .chunked(chunks)
            switch step {
            case .needsMore: return nil
            case .body(let part): return .body(part)
            case .end: return end()
            }
        case .untilClosed: return piece.isEmpty ? nil : .body(take(piece.count, from: &piece))
        case .over: return nil
        }
    }

    private mutating func end() -> Event {
        stage = .over
        return .end
    }

    /// Gathers bytes until the empty line. Says at the first wrong byte that this is not HTTP, as a server of
    /// another kind may never send a line at all.
    private mutating func scanHead(_ piece: inout UnsafeRawBufferPointer) throws(ResponseFault) -> Event? {
        guard !piece.isEmpty else { return nil }
        hasBegun = true
        var searchFrom = max(0, head.count - 3)
        let known = head.count
        head.append(contentsOf: piece.prefix(Self.longestHead + 1 - head.count))
        let prefix = ResponseHead.protocolPrefix
        guard head.prefix(prefix.count).elementsEqual(prefix.prefix(head.count)) else {
            throw .notHTTP(excerpt: printable(head))
        }
        while let lineEnd = head[searchFrom...].firstIndex(of: UInt8(ascii: "\n")) {
            guard let length = emptyLine(after: lineEnd) else {
                searchFrom = lineEnd + 1
                continue
            }
            let end = lineEnd + 1 + length
            piece = UnsafeRawBufferPointer(rebasing: piece[(end - known)...])
            return try finishHead(head[..<lineEnd])
        }
        guard head.count + interimBytes <= Self.longestHead else { throw .headTooLong }
        piece = UnsafeRawBufferPointer(rebasing: piece[piece.endIndex...])
        return nil
    }

    /// The length of the empty line that begins behind `lineEnd`; nil if there is none, or not yet.
    private func emptyLine(after lineEnd: Int) -> Int? {
        let rest = head[(lineEnd + 1)...].prefix(2)
        if rest.first == UInt8(ascii: "\n") { return 1 }
        return rest.elementsEqual([UInt8(ascii: "\r"), UInt8(ascii: "\n")]) ? 2 : nil
    }

    private mutating func finishHead(_ bytes: ArraySlice<UInt8>) throws(ResponseFault) -> Event? {
        let found = try ResponseHead(bytes, keepsFields: keepsFields)
        interimBytes += bytes.count
        head.removeAll(keepingCapacity: false)
        if (100...199).contains(found.status), found.status != 101 {
            // An interim answer; the real one follows (RFC 9110 §15.2). Together they are as bounded as one.
            guard interimBytes <= Self.longestHead else { throw .headTooLong }
            return .head(found)
        }
        if requestIsHead || found.status == 101 || found.status == 204 || found.status == 304 {
            stage = .counted(left: 0)
        } else if found.isChunked {
            stage = .chunked(ChunkScanner())
        } else if let length = found.contentLength {
            stage = .counted(left: length)
        } else {
            stage = .untilClosed
        }
        return .head(found)
    }
}

/// Cuts the first `count` bytes off.
func take(_ count: Int, from piece: inout UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let part = UnsafeRawBufferPointer(rebasing: piece[..<count])
    piece = UnsafeRawBufferPointer(rebasing: piece[count...])
    return part
}
