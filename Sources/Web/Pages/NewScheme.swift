import Control
import Foundation
import Settings

/// What somebody filled in to make a name that fails over: where it is answered, servers, and how they are checked.
struct NewScheme: Sendable {
    static let rows = 4
    static let priorities = [100, 90, 80, 70]
    /// In the place of an account's name: one that is made with the name.
    static let otherAccount = "+"

    struct Server: Sendable {
        /// In the form, from 0.
        var row: Int
        var label: String
        var address: String
        var priority: Int
    }

    /// What came of looking at it before it is saved.
    struct Attempt: Sendable {
        /// What is missing, by field: a key of the catalogue, and what it is filled with.
        var gaps: [(field: String, key: String, words: [String])] = []
        /// What would be wrong with the configuration.
        var faults: [Violation] = []
        var tried: [(Server, TrialReport)] = []
        /// What each account said of the name, by account; our own server needs not be asked.
        var places: [(String, ProviderTest?)] = []
        var problem: Problem?

        var isComplete: Bool {
            gaps.isEmpty && faults.isEmpty && problem == nil && tried.allSatisfy { $0.1.problems.isEmpty }
        }
    }

    /// Everything as it was filled in.
    let fields: [String: String]
    /// The account that is made with it, as far as it is filled in.
    var newAccount: AccountWish

    init(_ fields: [String: String]) {
        self.fields = fields
        newAccount = AccountWish(fields, prefix: "account-")
    }

    subscript(_ key: String) -> String { (fields[key] ?? "").trimmingCharacters(in: .whitespacesAndNewlines) }

    /// In lower case, without the final dot.
    var name: String {
        let name = self["name"].lowercased()
        return name.hasSuffix(".") ? String(name.dropLast()) : name
    }

    /// The rows that are filled in, the best first.
    var servers: [Server] {
        let short = name.split(separator: ".").first.map(String.init) ?? "name"
        return (0..<Self.rows).compactMap { row in
            let address = self["address\(row)"]
            guard !address.isEmpty else { return nil }
            let label = self["label\(row)"].isEmpty ? "server\(row + 1)" : self["label\(row)"]
            return Server(
                row: row, label: label.contains(":") ? label : "\(label):\(short)", address: address,
                priority: Self.priorities[row])
        }
    }

    var method: String { self["check"] }

    /// The arguments of the check of one server, as the file has them.
    func arguments(for server: Server) -> [String: String] {
        if method == "tcp" { return ["host": server.address, "port": self["port"]] }
        let port = self["port"].isEmpty ? "" : ":\(self["port"])"
        let path = self["path"].hasPrefix("/") ? self["path"] : "/\(self["path"])"
        var arguments = [
            "url": "\(self["scheme"] == "https" ? "https" : "http")://\(name)\(port)\(path)",
            "options": "addr=\(server.address)",
        ]
        if method == "http-grep" { arguments["must-have"] = self["must-have"] }
        return arguments
    }

    /// Where the name is answered: `local`, or an account at a provider.
    var provider: String {
        self["provider"].isEmpty ? "local" : self["provider"] == Self.otherAccount ? newAccount.name : self["provider"]
    }

    /// Everywhere the name is answered, each once: what is chosen, and what is ticked beside it.
    var providers: [String] {
        let also = self["also"].split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        return also.reduce(into: [provider]) { all, one in
            if !one.isEmpty, !all.contains(one) { all.append(one) }
        }
    }

    /// The account that is made with the name; nil if one is chosen that is there.
    var account: AccountWish? { self["provider"] == Self.otherAccount ? newAccount : nil }

    /// The indicators and the scheme, as the configuration has them.
    var entries: [EntryChange] {
        let indicators = servers.map { server in
            let arguments = arguments(for: server).sorted { $0.key < $1.key }
            let pairs = [("check", method)] + arguments.map { ($0.key, $0.value) }
            return EntryChange(.indicators, server.label, .section(pairs.map { .init($0.0, .text($0.1)) }))
        }
        let members = servers.map { server -> ConfiguredValue in
            .section([
                .init("indicator", .text(server.label)), .init("value", .text(server.address)),
                .init("priority", .text("\(server.priority)")),
            ])
        }
        let scheme: ConfiguredValue = .section([
            .init("providers", .list(providers.map { .text($0) })), .init("members", .list(members)),
        ])
        return indicators + [EntryChange(.schemes, name, scheme)]
    }

    // MARK: What is wrong with it

    /// What is missing.
    ///
    /// - Parameter zones: those that our own DNS answers for.
    func gaps(_ zones: [String]) -> [(field: String, key: String, words: [String])] {
        var gaps: [(field: String, key: String, words: [String])] = []
        if name.isEmpty { gaps.append(("name", "new.no-name", [])) }
        if providers.contains("local"), !name.isEmpty, !zones.contains(where: isIn) {
            let label = name.split(separator: ".").first.map(String.init) ?? "www"
            let example = zones.first.map { "\(label).\($0)" }
            gaps.append(("name", example == nil ? "new.zoneless" : "new.no-zone", [example ?? ""]))
        }
        if self["provider"] == Self.otherAccount {
            if newAccount.driver == nil {
                gaps.append(("account-driver", "new.no-driver", []))
            } else if newAccount.name.isEmpty {
                gaps.append(("account-name", "new.no-account-name", []))
            }
        }
        if servers.isEmpty { gaps.append(("address0", "new.no-servers", [])) }
        if !["http-grep", "http-status", "tcp"].contains(method) { gaps.append(("check", "new.no-check", [])) }
        if method == "tcp", self["port"].isEmpty { gaps.append(("port", "new.no-port", [])) }
        if method == "http-grep", self["must-have"].isEmpty { gaps.append(("must-have", "new.no-text", [])) }
        return gaps
    }

    func isIn(_ zone: String) -> Bool {
        let zone = zone.lowercased()
        return name == zone || zone == "." || name.hasSuffix("." + zone)
    }

    /// The field of the form that something wrong with the configuration comes from; nil if it comes from none.
    func field(of violation: Violation) -> String? {
        let parts = violation.pointer.split(separator: "/").map(String.init)
        guard parts.count >= 2 else { return parts.first == "name" ? "account-name" : nil }
        switch parts[0] {
        case "indicators":
            guard let server = servers.first(where: { $0.label == parts[1] }) else { return nil }
            switch parts.dropFirst(2).first {
            case nil, "check"?: return "label\(server.row)"
            case "port"?: return "port"
            case "url"?: return violation.detail.contains("port") ? "port" : "path"
            case "must-have"?: return "must-have"
            default: return "address\(server.row)"
            }
        case "schemes":
            guard parts.dropFirst(2).first == "members", let place = parts.dropFirst(3).first.flatMap({ Int($0) }),
                servers.indices.contains(place)
            else { return "name" }
            return parts.dropFirst(4).first == "value" ? "address\(servers[place].row)" : "label\(servers[place].row)"
        case "providers", "account", "secrets":
            return newAccount.field(of: violation).map { newAccount.prefix + $0 } ?? "account-name"
        default: return nil
        }
    }
}

extension Faults {
    /// What is wrong with a name to be made, by the fields of its form.
    init(of attempt: NewScheme.Attempt?, _ wish: NewScheme, _ words: Words) {
        guard let attempt else {
            self.init()
            return
        }
        var byField: [String: String] = [:]
        func note(_ field: String?, _ text: String) {
            if let field, byField[field] == nil { byField[field] = text }
        }
        for gap in attempt.gaps { note(gap.field, words.text(gap.key, gap.words)) }
        for violation in attempt.faults + (attempt.problem?.violations ?? []) {
            note(wish.field(of: violation), violation.detail)
        }
        for (name, place) in attempt.places {
            guard let place else { continue }
            if !place.isReached, let account = wish.account, account.name == name {
                // The account is asked for the name itself.
                let field = account.field(of: place)
                note(field == "asking" ? "name" : field.map { account.prefix + $0 }, words.advice(on: place))
            } else if place.why == "noSuchZone" {
                note("name", words.advice(on: place))
            }
        }
        self.init(byField)
    }
}
