import Foundation

/// Where an API is: scheme, host, port and the beginning of the path.
package struct BaseURL: Hashable, Sendable {
    /// Without a final `/`.
    package let text: String

    /// nil unless it is `http` or `https` with a host and without user, query and fragment.
    package init?(_ text: String) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme), let host = parts.host, !host.isEmpty, parts.user == nil,
            parts.password == nil, parts.query == nil, parts.fragment == nil,
            parts.port.map({ (1...65_535).contains($0) }) ?? true
        else { return nil }
        self.text = text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}

extension String {
    /// Made fit for one segment of a path, or for a name or value in a query or form.
    package var percentEncoded: String {
        var text = ""
        for octet in utf8 {
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(octet))
            default:
                text += "%" + (octet < 16 ? "0" : "") + String(octet, radix: 16, uppercase: true)
            }
        }
        return text
    }
}

/// Names and values as a query or an `application/x-www-form-urlencoded` body.
package func formEncoded(_ fields: [(name: String, value: String)]) -> String {
    fields.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&")
}
