import Accounts
import Control
import Foundation
import HTTPTypes
import Hummingbird
import JSONTree
import NIOCore
import Settings
import Storage

/// What somebody saw who opened a form: sent back with it, so that what others have changed meanwhile is not
/// overwritten unseen.
///
///     page ─► form with `seen` ─► somebody types ─► POST ─► still as it was seen? ─► a new revision
///                                                      └─ no: 409, what was typed stays, and with it what is there now
enum Seen {
    static let field = "seen"
    /// Tells our script what is there now: who saves once more has been told.
    static let header = "X-Ninelives-Seen"
    /// There was none of that name.
    static let nothing = "none"

    /// Differs whenever the text does, within reason (FNV-1a, 64 bits); tells nothing of it.
    static func mark(_ text: String) -> String {
        let hash = text.utf8.reduce(14_695_981_039_346_656_037 as UInt64) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        return String(hash, radix: 36)
    }

    static func mark(_ entry: ConfiguredEntry?) -> String {
        guard let entry, let octets = try? JSON.encode(JSONValue(entry.value)) else { return nothing }
        return mark(String(buffer: octets))
    }

    static func mark(_ member: MemberReport?) -> String {
        guard let member else { return nothing }
        return mark("\(member.values) \(member.priority)")
    }

    static func mark(_ project: ConfiguredProject?) -> String {
        guard let project else { return nothing }
        return mark("\(project.indicators) \(project.schemes) \(project.channels)")
    }

    static func mark(_ user: StoredUser?) -> String {
        guard let user else { return nothing }
        return mark("\(user.roles.sorted { $0.key < $1.key }) \(user.isDisabled)")
    }

    /// For a form.
    static func html(_ mark: String) -> HTML { "<input type=\"hidden\" name=\"\(field)\" value=\"\(mark)\">" }
}

extension Problem {
    /// What is there now, if this is about somebody else's change.
    var seen: String? { HTTPField.Name(Seen.header).flatMap { headers[$0] } }
}

extension Site {
    /// - Parameters:
    ///   - operation: the id of the one that a form carries out.
    ///   - fields: the form's; without `seen`, whatever is there is changed.
    /// - Returns: the revision that the change is to begin from; nil if any will do.
    /// - Throws: a `Problem` if what is to be changed is no longer as it was seen.
    func checkSeen(_ operation: String, _ fields: [String: String]) async throws -> Int? {
        guard let seen = fields[Seen.field], !seen.isEmpty else { return nil }
        let base = await revisions?.inForce()
        let present = try await mark(of: operation, fields)
        guard let present, present != seen else { return base }
        let newest = try? await revisions?.list(before: nil, limit: 1).first
        let who = newest.map { "revision \($0.number) is by \($0.author)" } ?? "by another form"
        var problem = Problem(
            .conflict,
            "Somebody else has changed this since you opened the form (\(who)). What you typed is still here: look at "
                + "what they did, or save again to put yours in its place.")
        if let name = HTTPField.Name(Seen.header) { problem.headers[name] = present }
        throw problem
    }

    /// What is there now of that which an operation changes; nil for one that changes nothing of the kind.
    private func mark(of operation: String, _ fields: [String: String]) async throws -> String? {
        let name = fields["name"] ?? ""
        switch operation {
        case "changeUser": return Seen.mark(try accounts().users().first { $0.name == name })
        case "rollBack":
            guard let revisions else { return nil }
            return "\(await revisions.inForce())"
        case "putProject": return Seen.mark(await revisions?.projects().first { $0.name == name })
        case "putMember":
            let members = await control.readModel().scheme(name)?.members
            return Seen.mark(members?.first { $0.indicator == fields["indicator"] })
        case "putIndicator": return Seen.mark(try await entry(name, in: .indicators))
        case "putProvider": return Seen.mark(try await entry(name, in: .providers))
        case "putPolicy": return Seen.mark(try await entry(name, in: .policies))
        case "putSubscription": return Seen.mark(try await entry(name, in: .subscriptions))
        default: return nil
        }
    }

    private func entry(_ name: String, in section: ManagedPart.Section) async throws -> ConfiguredEntry? {
        try await entries().first { $0.section == section && $0.name == name }
    }

    /// A page for who was overtaken: what they typed, and a button that puts it in the place of what is there now.
    func overtaken(
        _ problem: Problem, _ fields: [String: String], _ visit: Visit, version: String, back: String
    ) -> Response {
        let words = visit.words
        var again = fields
        again[Seen.field] = problem.seen
        let hidden = again.sorted { $0.key < $1.key }.map {
            "<input type=\"hidden\" name=\"\($0.key)\" value=\"\($0.value)\">" as HTML
        }
        let typed = fields.filter { !["csrf", "back", Seen.field].contains($0.key) }.sorted { $0.key < $1.key }
        let rows = typed.map { "<div><dt><code>\($0.key)</code></dt><dd>\($0.value)</dd></div>" as HTML }
        let body: HTML = """
            <section class="card narrow"><h1>\(words("refused.title"))</h1><p role="alert">\(words.said(problem.detail))</p>\
            <dl class="facts">\(rows)</dl><form method="post" action="\(visit.path)" class="row">\(hidden)<a href="\(back)">\(words("refused.back"))</a> \
            <button>\(words("refused.again"))</button></form></section>
            """
        let content = PageContent(title: words("refused.title"), section: .none, body: body, isLive: false)
        return render(content, visit, version: version, status: problem.status)
    }
}
