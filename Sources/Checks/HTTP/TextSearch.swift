/// Looks for one text in bytes that come in pieces cut anywhere (Knuth, Morris and Pratt): each byte is looked at
/// once and none is kept, so ten thousand open answers cost no memory.
struct TextSearch: Hashable, Sendable {
    private let text: [UInt8]
    /// How much of the beginning of the text still matches when the byte after `n` matching ones does not.
    private let fallback: [Int]
    private var matched = 0
    private(set) var isFound = false

    /// `text` must not be empty; it is compared byte by byte in UTF-8, so case counts.
    init(_ text: String) { self.init(bytes: Array(text.utf8)) }

    /// `bytes` must not be empty.
    init(bytes: [UInt8]) {
        text = bytes
        precondition(!self.text.isEmpty)
        var fallback = [0]
        for index in 1..<max(1, self.text.count) {
            var length = fallback[index - 1]
            while length > 0, self.text[length] != self.text[index] { length = fallback[length - 1] }
            fallback.append(self.text[length] == self.text[index] ? length + 1 : 0)
        }
        self.fallback = fallback
    }

    /// Takes the next piece. Does nothing more once the text is found.
    mutating func feed(_ piece: UnsafeRawBufferPointer) {
        guard !isFound else { return }
        var matched = matched
        for byte in piece {
            while matched > 0, text[matched] != byte { matched = fallback[matched - 1] }
            if text[matched] == byte { matched += 1 }
            if matched == text.count {
                isFound = true
                return
            }
        }
        self.matched = matched
    }
}

extension TextSearch: CustomStringConvertible {
    /// The text in quotes, as it is told in results.
    var description: String {
        String(validating: text, as: UTF8.self).map { "\"\(printable($0))\"" } ?? "\"\(printable(text))\""
    }
}
