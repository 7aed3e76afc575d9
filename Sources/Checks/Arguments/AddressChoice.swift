import Addresses

/// Which addresses of a host name count.
enum AddressChoice: String, CaseIterable, Sendable {
    /// One that works is enough; they are tried in the resolver's order.
    case any
    /// Every one of them must be ok; they are probed at the same time.
    case all
    /// IPv4 addresses only, one of which must be ok.
    case v4
    /// IPv6 addresses only, one of which must be ok.
    case v6

    func allows(_ address: IPAddress) -> Bool {
        switch (self, address) {
        case (.v4, .v6), (.v6, .v4): false
        default: true
        }
    }

    /// `IPv4 address`, as in `has no IPv4 address`.
    var noun: String {
        switch self {
        case .any, .all: "address"
        case .v4: "IPv4 address"
        case .v6: "IPv6 address"
        }
    }

    static let parameter = CheckParameter(
        "address", .text, form: "any, all, v4 or v6", option: true,
        "Which addresses of a host name count: any one, all of them, IPv4 only, IPv6 only.")
}

extension ArgumentReader {
    /// One of the cases of an enum by its name.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, default standard: Choice
    ) -> Choice where Choice.RawValue == String {
        guard let text = text(key) else { return standard }
        if let choice = Choice(rawValue: text) { return choice }
        refuse(key, "is not one of them", expected: suggestion(for: text, among: Choice.allCases.map(\.rawValue)))
        return standard
    }
}
