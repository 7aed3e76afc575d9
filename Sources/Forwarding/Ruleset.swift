import Foundation
import JSONTree

/// Our nftables table as nft takes it and shows it.
///
///     packet ─► prerouting ─┐                       ┌─► postrouting ─► hairpin: masquerade, if it leaves
///                           ├─► services: dnat to ──┤                  where it came in
///     router ─► output ─────┘   one of the servers  └─► the server
///
/// Both ways of writing it, JSON and nft's own language, come from the same rules, and nft lists it as it was sent, so
/// that what is in force can be compared with what is wanted.
struct Ruleset: Hashable, Sendable {
    /// The table; nothing outside of it is ever read for good or written to.
    static let table = "ninelives"
    static let family = "inet"

    /// Before whatever else translates at the usual priorities (-100 and 100): a port that is forwarded here is.
    private static let destinationPriority = -110
    private static let sourcePriority = 90

    private let rules: [Rule]
    /// Those by which a packet may leave again as it came in.
    private let interfaces: [String]

    /// - Parameter interfaces: names of all interfaces that connections may come in by.
    init(_ table: ForwardTable, interfaces: [String]) {
        self.interfaces = interfaces.sorted()
        rules =
            ["prerouting", "output"].map { Rule(chain: $0, statements: [.jump("services")]) }
            + [Rule(chain: "postrouting", statements: [.isTranslated, .leavesWhereItCame, .jump("hairpin")])]
            + table.forwards.map { forward in
                Rule(
                    chain: "services",
                    statements: [.destination(forward.place.line), .port(forward.place), .translate(forward)],
                    comment: forward.service)
            }
            + table.forwards.map { forward in
                Rule(chain: "hairpin", statements: [.askedFor(forward.place), .masquerade], comment: forward.service)
            }
    }

    /// The input of `nft -j -f -`: one transaction, in which the table that there may be gives way to this one.
    var commands: JSONValue {
        let ours: JSONValue = ["table": ["family": .string(Self.family), "name": .string(Self.table)]]
        let replaced: [JSONValue] = [["add": ours], ["delete": ours]]
        return ["nftables": .array([Self.version] + replaced + objects.map { ["add": $0] })]
    }

    /// The same that takes the table away, whether there is one or not.
    static var removal: JSONValue {
        let ours: JSONValue = ["table": ["family": .string(family), "name": .string(table)]]
        return ["nftables": .array([version, ["add": ours], ["delete": ours]])]
    }

    private static let version: JSONValue = ["metainfo": ["json_schema_version": 1]]

    /// What the table consists of, in the order in which it is made.
    var objects: [JSONValue] {
        let place: [String: JSONValue] = ["family": .string(Self.family), "table": .string(Self.table)]
        func named(_ name: String, _ more: [String: JSONValue] = [:]) -> JSONValue {
            .object(place.merging(more) { $1 }.merging(["name": .string(name)]) { $1 })
        }
        func base(_ hook: String, _ priority: Int) -> JSONValue {
            [
                "chain": named(
                    hook, ["type": "nat", "hook": .string(hook), "prio": .number(Double(priority)), "policy": "accept"])
            ]
        }
        var pairs: [String: JSONValue] = ["type": ["ifname", "ifname"]]
        if !interfaces.isEmpty {
            pairs["elem"] = .array(interfaces.map { ["concat": [.string($0), .string($0)]] })
        }
        return [
            ["table": ["family": .string(Self.family), "name": .string(Self.table)]],
            ["set": named("same_interface", pairs)], ["chain": named("services")], ["chain": named("hairpin")],
            base("prerouting", Self.destinationPriority), base("output", Self.destinationPriority),
            base("postrouting", Self.sourcePriority),
        ] + rules.map { rule in ["rule": .object(rule.object.merging(place) { $1 })] }
    }

    /// The table in nft's own language, for people, and for `nft -f`.
    var text: String {
        func base(_ hook: String, _ priority: Int) -> String {
            "\t\ttype nat hook \(hook) priority \(priority); policy accept;\n"
        }
        let pairs = interfaces.map { "\"\($0)\" . \"\($0)\"" }.joined(separator: ", ")
        var text = "table \(Self.family) \(Self.table) {\n\tset same_interface {\n\t\ttype ifname . ifname\n"
        if !pairs.isEmpty { text += "\t\telements = { \(pairs) }\n" }
        text += "\t}\n"
        let chains = [
            ("services", ""), ("hairpin", ""), ("prerouting", base("prerouting", Self.destinationPriority)),
            ("output", base("output", Self.destinationPriority)),
            ("postrouting", base("postrouting", Self.sourcePriority)),
        ]
        for (chain, head) in chains {
            let lines = rules.filter { $0.chain == chain }.map { "\t\t\($0.text)\n" }.joined()
            text += "\n\tchain \(chain) {\n\(head)\(lines)\t}\n"
        }
        return text + "}\n"
    }
}

extension JSONValue {
    /// As text on one line, the members of an object in alphabetic order.
    var octets: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings, whole numbers and what is made of them can always be written.
        return (try? encoder.encode(self)).map(Array.init) ?? []
    }

    /// The only member of an object that has one, as all statements and expressions of nft are.
    var onlyMember: (key: String, value: JSONValue)? {
        if case .object(let members) = self, members.count == 1 {
            members.first.map { ($0.key, $0.value) }
        } else {
            nil
        }
    }
}
