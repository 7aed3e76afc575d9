/// Why service parameters were refused (RFC 9460 §2).
package enum ServiceParameterError: Error, Hashable, Sendable {
    case unknownKey(String)
    case repeatedKey(String)
    case badValue(key: String, value: String)
    /// `mandatory` names a key that is not there, itself, or one twice (RFC 9460 §8).
    case badMandatory(String)
    /// `no-default-alpn` without `alpn` (RFC 9460 §7.1.1).
    case defaultWithoutALPN
}

extension ServiceParameterError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownKey(let key): "“\(key)” is not a service parameter"
        case .repeatedKey(let key): "the service parameter \(key) is there twice"
        case .badValue(let key, let value): "“\(value)” is not a valid value of \(key)"
        case .badMandatory(let key): "mandatory names \(key), which it may not"
        case .defaultWithoutALPN: "no-default-alpn is there without alpn"
        }
    }

    package var expected: String {
        switch self {
        case .unknownKey: "alpn, port, ipv4hint, ipv6hint, ech, mandatory, no-default-alpn, dohpath, ohttp or keyNNNNN"
        case .repeatedKey: "each parameter at most once"
        case .badValue(let key, _): ServiceParameters.expectedValue(of: key)
        case .badMandatory: "keys of the same record, each once, mandatory itself not among them"
        case .defaultWithoutALPN: "alpn=h2 or the like beside it"
        }
    }
}

/// The parameters of an SVCB or HTTPS record (RFC 9460 §2, §7; RFC 9461 §5; RFC 9540 §4).
struct ServiceParameters {
    /// Each key with its value in wire form; keys are unique.
    private var values: [(key: UInt16, value: [UInt8])] = []

    init() {}

    /// Reads the wire form; nil if it is malformed, its keys do not ascend, or a value is not its key's.
    init?(wire: ArraySlice<UInt8>) {
        var rest = wire
        var lastKey = -1
        while !rest.isEmpty {
            guard rest.count >= 4 else { return nil }
            let first = rest.startIndex
            let key = UInt16(rest[first]) << 8 | UInt16(rest[first + 1])
            let length = Int(rest[first + 2]) << 8 | Int(rest[first + 3])
            rest = rest.dropFirst(4)
            guard Int(key) > lastKey, rest.count >= length else { return nil }
            values.append((key, Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
            lastKey = Int(key)
        }
        guard values.allSatisfy({ Self.isValid(key: $0.key, $0.value) }), (try? check()) != nil else { return nil }
    }

    /// The wire form, keys ascending.
    var wire: [UInt8] {
        values.sorted { $0.key < $1.key }.flatMap { parameter in
            var octets: [UInt8] = []
            appendBigEndian(parameter.key, to: &octets)
            appendBigEndian(UInt16(truncatingIfNeeded: parameter.value.count), to: &octets)
            return octets + parameter.value
        }
    }

    /// What holds between the parameters.
    func check() throws(ServiceParameterError) {
        let keys = values.map(\.key)
        if keys.contains(2), !keys.contains(1) { throw .defaultWithoutALPN }
        guard let mandatory = values.first(where: { $0.key == 0 })?.value else { return }
        var last: UInt16 = 0
        for key in Self.keys(in: mandatory) {
            guard key > last, keys.contains(key) else { throw .badMandatory(Self.name(of: key)) }
            last = key
        }
    }

    // MARK: Text

    /// Adds `key` or `key=value`, the value perhaps in quotes.
    mutating func add(_ word: Span<UInt8>) throws(ServiceParameterError) {
        var split = 0
        while split < word.count, word[split] != UInt8(ascii: "=") { split += 1 }
        let name = word.extracting(..<split).text
        guard let key = Self.key(named: name) else { throw .unknownKey(name) }
        guard !values.contains(where: { $0.key == key }) else { throw .repeatedKey(name) }
        var text = word.extracting(min(split + 1, word.count)...)
        if text.count >= 2, text[0] == UInt8(ascii: "\""), text[text.count - 1] == UInt8(ascii: "\"") {
            text = text.extracting(1..<(text.count - 1))
        }
        var octets: [UInt8] = []
        guard appendUnescaped(text, to: &octets),
            let value = name.hasPrefix("key") ? octets : Self.value(of: key, from: octets),
            value.count <= Int(UInt16.max), Self.isValid(key: key, value)
        else { throw .badValue(key: name, value: text.text) }
        values.append((key, value))
    }

    private static func value(of key: UInt16, from octets: [UInt8]) -> [UInt8]? {
        var value: [UInt8] = []
        switch key {
        case 0:
            let names = octets.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            let keys = names.map { Self.key(named: String(decoding: $0, as: UTF8.self)) }
            guard !keys.contains(nil), Set(keys).count == keys.count else { return nil }
            for key in keys.compactMap(\.self).sorted() { appendBigEndian(key, to: &value) }
        case 1:
            guard let items = commaList(octets) else { return nil }
            for item in items {
                guard let length = UInt8(exactly: item.count) else { return nil }
                value += [length] + item
            }
        case 3:
            guard let port = decimal(octets.span, limit: UInt64(UInt16.max)) else { return nil }
            appendBigEndian(UInt16(port), to: &value)
        case 4, 6:
            for address in octets.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
                let text = Array(address)
                guard key == 4 ? appendIPv4(text.span, to: &value) : appendIPv6(text.span, to: &value)
                else { return nil }
            }
        case 5: guard appendBase64(octets.span, to: &value) else { return nil }
        default: value = octets
        }
        return value
    }

    /// The items of a comma-separated list in which a backslash takes a comma or itself literally
    /// (RFC 9460 §A.1); nil if it is none.
    private static func commaList(_ octets: [UInt8]) -> [[UInt8]]? {
        var items: [[UInt8]] = [[]]
        var isEscaped = false
        for octet in octets {
            if isEscaped {
                guard octet == UInt8(ascii: ",") || octet == UInt8(ascii: "\\") else { return nil }
                items[items.count - 1].append(octet)
                isEscaped = false
            } else if octet == UInt8(ascii: "\\") {
                isEscaped = true
            } else if octet == UInt8(ascii: ",") {
                items.append([])
            } else {
                items[items.count - 1].append(octet)
            }
        }
        return isEscaped ? nil : items
    }

    /// Whether a value in wire form is of its key's kind.
    private static func isValid(key: UInt16, _ value: [UInt8]) -> Bool {
        switch key {
        case 0: return !value.isEmpty && value.count.isMultiple(of: 2)
        case 1: return !value.isEmpty && protocols(in: value) != nil
        case 2, 8: return value.isEmpty
        case 3: return value.count == 2
        case 4: return !value.isEmpty && value.count.isMultiple(of: 4)
        case 5, 7: return !value.isEmpty
        case 6: return !value.isEmpty && value.count.isMultiple(of: 16)
        default: return key != 65535
        }
    }

    private static func protocols(in value: [UInt8]) -> [ArraySlice<UInt8>]? {
        var items: [ArraySlice<UInt8>] = []
        var rest = value[...]
        while let length = rest.popFirst() {
            guard length > 0, rest.count >= length else { return nil }
            items.append(rest.prefix(Int(length)))
            rest = rest.dropFirst(Int(length))
        }
        return items
    }

    private static func keys(in value: [UInt8]) -> [UInt16] {
        stride(from: 0, to: value.count - 1, by: 2).map { UInt16(value[$0]) << 8 | UInt16(value[$0 + 1]) }
    }

    // MARK: Keys

    private static let keyNames = [
        "mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp",
    ]

    private static func key(named name: String) -> UInt16? {
        if let index = keyNames.firstIndex(of: name) { return UInt16(index) }
        guard name.hasPrefix("key"), name.count > 3 else { return nil }
        let digits = Array(name.utf8.dropFirst(3))
        guard digits.count == 1 || digits[0] != UInt8(ascii: "0") else { return nil }
        return decimal(digits.span, limit: 65534).map { UInt16($0) }
    }

    /// As other servers read it: the last ones to get a name are not known by it everywhere.
    private static func name(of key: UInt16) -> String {
        key < 8 ? keyNames[Int(key)] : "key\(key)"
    }

    static func expectedValue(of key: String) -> String {
        switch key {
        case "mandatory": "keys such as alpn,port, each once"
        case "alpn": "protocols of 1 to 255 octets such as h2,h3"
        case "no-default-alpn", "ohttp": "no value"
        case "port": "a number from 0 to 65535"
        case "ipv4hint": "IPv4 addresses such as 192.0.2.1,192.0.2.2"
        case "ech": "base64"
        case "ipv6hint": "IPv6 addresses such as 2001:db8::1"
        case "dohpath": "a path template such as /dns-query{?dns}"
        default: "octets of that key's form, escaped where needed"
        }
    }
}

extension ServiceParameters: CustomStringConvertible {
    var description: String { values.map(Self.text).joined(separator: " ") }

    private static func text(_ parameter: (key: UInt16, value: [UInt8])) -> String {
        let name = name(of: parameter.key)
        let value = parameter.value
        switch parameter.key {
        case 0: return "\(name)=" + keys(in: value).map(Self.name).joined(separator: ",")
        case 1:
            let items = (protocols(in: value) ?? []).map { item in
                item.flatMap {
                    [UInt8(ascii: ","), UInt8(ascii: "\\")].contains($0) ? [UInt8(ascii: "\\"), $0] : [$0]
                }
            }
            return "\(name)=" + quoted(items.joined(separator: [UInt8(ascii: ",")]))
        case 2, 8: return name
        case 3: return "\(name)=\(keys(in: value)[0])"
        case 4, 6:
            let size = parameter.key == 4 ? 4 : 16
            let addresses = stride(from: 0, to: value.count, by: size).map { addressText(value[$0..<($0 + size)]) }
            return "\(name)=" + addresses.joined(separator: ",")
        case 5: return "\(name)=\(base64(value))"
        default: return value.isEmpty ? name : "\(name)=" + quoted(value)
        }
    }
}
