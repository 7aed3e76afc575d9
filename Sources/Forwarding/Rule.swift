import Addresses
import Failover
import JSONTree

/// One rule of our table.
struct Rule: Hashable, Sendable {
    let chain: String
    let statements: [Statement]
    var comment: String?

    /// A comment that nft takes: 128 octets, and nothing that would end the quotation in its own language.
    init(chain: String, statements: [Statement], comment: String? = nil) {
        self.chain = chain
        self.statements = statements
        self.comment = comment.map { text in
            String(
                decoding: text.utf8.map { (0x21...0x7E).contains($0) && $0 != 0x22 ? $0 : 0x5F }.prefix(120),
                as: UTF8.self)
        }
    }

    /// The members of nft's object that say what it is; those that say where are added by `Ruleset`.
    var object: [String: JSONValue] {
        var members: [String: JSONValue] = [
            "chain": .string(chain), "expr": .array(statements.flatMap(\.expressions)),
        ]
        if let comment { members["comment"] = .string(comment) }
        return members
    }

    var text: String {
        statements.map(\.text).joined(separator: " ") + (comment.map { " comment \"\($0)\"" } ?? "")
    }

    /// What a rule asks and does, each in nft's two languages.
    enum Statement: Hashable, Sendable {
        case jump(String)
        case destination(IPAddress)
        case port(Forward.Place)
        case translate(Forward)
        /// Its destination was translated, by us or by others.
        case isTranslated
        case leavesWhereItCame
        /// It was sent to this place before anything was translated.
        case askedFor(Forward.Place)
        case masquerade
    }
}

extension Rule.Statement {
    var expressions: [JSONValue] {
        switch self {
        case .jump(let chain): [["jump": ["target": .string(chain)]]]
        case .destination(let address):
            [Self.match(Self.payload(address.family, "daddr"), .string("\(address)"))]
        case .port(let place):
            [Self.match(Self.payload(place.transport.rawValue, "dport"), .number(Double(place.port)))]
        case .translate(let forward): [["dnat": .object(Self.target(of: forward))]]
        case .isTranslated: [Self.match(["ct": ["key": "status"]], "dnat", operation: "in")]
        case .leavesWhereItCame:
            [
                Self.match(
                    ["concat": [["meta": ["key": "iifname"]], ["meta": ["key": "oifname"]]]], "@same_interface")
            ]
        case .askedFor(let place):
            [
                Self.match(Self.original("\(place.line.family) daddr"), .string("\(place.line)")),
                Self.match(["meta": ["key": "l4proto"]], .string(place.transport.rawValue)),
                Self.match(Self.original("proto-dst"), .number(Double(place.port))),
            ]
        case .masquerade: [["masquerade": .null]]
        }
    }

    var text: String {
        switch self {
        case .jump(let chain): "jump \(chain)"
        case .destination(let address): "\(address.family) daddr \(address)"
        case .port(let place): "\(place.transport.rawValue) dport \(place.port)"
        case .translate(let forward): "dnat \(forward.place.line.family) to \(Self.targetText(of: forward))"
        case .isTranslated: "ct status dnat"
        case .leavesWhereItCame: "iifname . oifname @same_interface"
        case .askedFor(let place):
            "ct original \(place.line.family) daddr \(place.line) meta l4proto \(place.transport.rawValue) "
                + "ct original proto-dst \(place.port)"
        case .masquerade: "masquerade"
        }
    }

    private static func match(_ left: JSONValue, _ right: JSONValue, operation: JSONValue = "==") -> JSONValue {
        ["match": ["op": operation, "left": left, "right": right]]
    }

    private static func payload(_ protocolName: String, _ field: JSONValue) -> JSONValue {
        ["payload": ["protocol": .string(protocolName), "field": field]]
    }

    private static func original(_ key: String) -> JSONValue { ["ct": ["key": .string(key), "dir": "original"]] }

    /// A single server, or a map from numbers to servers with what chooses a number.
    private static func target(of forward: Forward) -> [String: JSONValue] {
        let family = forward.place.line.family
        let servers = forward.servers
        if servers.count == 1 {
            return [
                "family": .string(family), "addr": .string("\(servers[0].address)"),
                "port": .number(Double(servers[0].port)),
            ]
        }
        let count = JSONValue.number(Double(servers.count))
        let key: JSONValue =
            switch forward.sharing {
            case .connections: ["numgen": ["mode": "inc", "mod": count, "offset": 0]]
            case .clients: ["jhash": ["mod": count, "expr": payload(family, "saddr")]]
            }
        let elements = servers.enumerated().map { index, server -> JSONValue in
            [.number(Double(index)), ["concat": [.string("\(server.address)"), .number(Double(server.port))]]]
        }
        return ["family": .string(family), "addr": ["map": ["key": key, "data": ["set": .array(elements)]]]]
    }

    private static func targetText(of forward: Forward) -> String {
        let servers = forward.servers
        if servers.count == 1 {
            let address = servers[0].address
            return address.isV6 ? "[\(address)]:\(servers[0].port)" : "\(address):\(servers[0].port)"
        }
        let key =
            switch forward.sharing {
            case .connections: "numgen inc mod \(servers.count)"
            case .clients: "jhash \(forward.place.line.family) saddr mod \(servers.count)"
            }
        let elements = servers.enumerated().map { "\($0) : \($1.address) . \($1.port)" }.joined(separator: ", ")
        return "\(key) map { \(elements) }"
    }
}
