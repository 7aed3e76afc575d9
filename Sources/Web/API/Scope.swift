import Accounts
import Control
import Hummingbird
import Settings

/// What somebody may look at and change: everything, or what belongs to some projects.
struct Scope: Sendable {
    var identity: Identity?
    /// Whether everything may be looked at.
    var seesAll: Bool

    func sees(_ projects: [String]?) -> Bool { seesAll || may(.viewer, in: projects) }

    /// Whether they have this role in one of the projects.
    func may(_ role: Role, in projects: [String]?) -> Bool {
        guard let identity else { return false }
        return identity.may(role) || (projects ?? []).contains { identity.may(role, in: $0) }
    }
}

extension Site {
    func scope(_ call: Call) -> Scope { scope(of: call.identity) }

    func scope(of identity: Identity?) -> Scope {
        Scope(identity: identity, seesAll: gate.isReadingOpen || identity?.may(.viewer) == true)
    }

    /// Everything as it stands, as far as whoever asks may look.
    func report(for call: Call) async -> Report {
        let report = await control.report()
        let scope = scope(call)
        return scope.seesAll ? report : report.limited(to: scope)
    }

    /// The same, made only as far as it is asked for.
    func model(for call: Call) async -> any ReadModel {
        let whole = await control.readModel()
        let scope = scope(call)
        return scope.seesAll ? whole : LimitedModel(whole: whole, scope: scope)
    }

    /// - Throws: a `Problem` unless whoever asks may do this to all that an order reaches.
    func check(_ order: Order, _ call: Call) async throws {
        let scope = scope(call)
        if call.identity?.may(.operator) == true { return }
        let model = await control.readModel()
        let (indicators, schemes) = try await ordered { try await orders().reach(of: order) }
        let refused =
            indicators.filter { !scope.may(.operator, in: model.projects(ofIndicator: $0)) }
            + schemes.filter { !scope.may(.operator, in: model.projects(ofScheme: $0)) }
        guard refused.isEmpty else { throw Self.notYours(refused, call) }
    }

    /// The same for what is in force for one subject.
    func check(_ subject: String, _ call: Call) async throws {
        if call.identity?.may(.operator) == true { return }
        let model = await control.readModel()
        guard scope(call).may(.operator, in: model.projects(ofSubject: subject)) else {
            throw Self.notYours([subject], call)
        }
    }

    /// The same for an entry of the configuration, and for the indicators that it refers to.
    func check(
        _ section: ManagedPart.Section, _ name: String, members: [String], _ role: Role, _ call: Call
    ) async throws {
        if call.identity?.may(role) == true { return }
        let projects = try await revised { await $0.projects(of: name, in: section) }
        guard scope(call).may(role, in: projects) else { throw Self.notYours([name], call) }
        for member in members {
            let projects = try await revised { await $0.projects(of: member, in: .indicators) }
            guard scope(call).may(.viewer, in: projects) else { throw Self.notYours([member], call) }
        }
    }

    private static func notYours(_ names: [String], _ call: Call) -> Problem {
        let shown = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
        return Problem(.forbidden, "\(call.actor) may not: \(shown) belongs to no project where you may.")
    }
}

extension Report {
    /// What somebody may look at of it.
    func limited(to scope: Scope) -> Report {
        var report = self
        report.schemes = schemes.filter { scope.sees($0.projects) }
        report.indicators = indicators.filter { scope.sees($0.projects) }
        report.events = events.filter { scope.sees(projects(of: $0)) }
        report.problems = nil
        return report
    }

    func projects(of event: EventReport) -> [String]? {
        if let scheme = event.scheme { return schemes.first { $0.name == scheme }?.projects }
        return event.indicator.flatMap { name in indicators.first { $0.name == name }?.projects }
    }
}

extension ReadModel {
    /// - Parameter subject: as overrides are listed: `silence:scheme:cat.example.org`.
    func projects(ofSubject subject: String) -> [String] {
        let plain = subject.hasPrefix("silence:") ? String(subject.dropFirst("silence:".count)) : subject
        guard let colon = plain.firstIndex(of: ":") else { return [] }
        let name = String(plain[plain.index(after: colon)...])
        return plain[..<colon] == "scheme" ? projects(ofScheme: name) : projects(ofIndicator: name)
    }
}
