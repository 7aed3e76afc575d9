import Accounts
import Control

/// The configuration's revisions: who changed what, how the texts differ, and the way back.
extension Pages {
    private static let revisionsPerPage = 50

    func revisionList() async throws -> PageContent {
        let before = visit.query["before"].flatMap { Int($0) }
        let list = try await site.revised { try await $0.list(before: before, limit: Self.revisionsPerPage) }
        let current = try await site.revised { await $0.inForce() }
        let lines = list.map { revision -> HTML in
            .keyed(
                "revision-\(revision.number)",
                """
                <li><a class="number" href="/revisions/\(revision.number)">\(revision.number)</a><div><p><strong>\(revision.author)</strong> \
                \(words("revision.source.\(revision.source)")) \(clock(revision.at)) \(badge(.good, words("revision.current")), if: revision.number == current)</p>\
                \("<p>\(revision.comment)</p>", if: !revision.comment.isEmpty)\(effects(revision.effects, limit: 5))</div></li>
                """)
        }
        let older: HTML =
            list.count == Self.revisionsPerPage
            ? list.last.html {
                "<a href=\"\(visit.address(with: ["before": "\($0.number)"]))\">\(words("events.older"))</a>"
            } : ""
        let body: HTML = """
            <h1>\(words("nav.revisions"))</h1><p class="quiet">\(words("revision.text"))</p>
            \(HTML.keyed("revisions", "<ol class=\"course revisions\">\(lines)</ol>"))
            <nav class="pager" aria-label="\(words("list.pages"))">\(older)</nav>
            """
        return PageContent(
            title: "\(words("nav.revisions")) · Ninelives", section: .revisions, body: body, isLive: before == nil)
    }

    private func effects(_ effects: [RevisionEffect], limit: Int) -> HTML {
        if effects.isEmpty { return .nothing }
        let lines = effects.prefix(limit).map { "<li>\(words.said($0.text))</li>" as HTML }
        let more: HTML = effects.count > limit ? "<li class=\"quiet\">+ \(effects.count - limit)</li>" : ""
        return "<ul class=\"plain\">\(lines)\(more)</ul>"
    }

    /// One revision: what it changed, and the button that goes back to it.
    func revision(_ number: Int) async throws -> PageContent? {
        let detail = try await site.revised { try await $0.detail(of: number) }
        let current = try await site.revised { await $0.inForce() }
        let from = visit.query["from"].flatMap { Int($0) } ?? number - 1
        let diff = from > 0 ? (try? await site.revised { try await $0.difference(from: from, to: number) }) : nil
        let revision = detail.revision
        var rollback: HTML = ""
        if visit.may(.admin), number != current {
            rollback = """
                <section class="card" aria-labelledby="rollback-title"><h2 id="rollback-title">\(words("revision.rollback"))</h2><p class="quiet">\(words("revision.rollback-text"))</p>\
                <form method="post" action="/do/rollBack" class="filter"><input type="hidden" name="csrf" value="\(visit.csrf ?? "")"><input type="hidden" name="back" \
                value="/revisions">\(Seen.html("\(current)"))<input type="hidden" name="number" value="\(number)"><label>\(words("order.reason")) <input name="comment" maxlength="1000"></label>\
                <button class="main">\(words("revision.rollback-button", "\(number)"))</button></form></section>
                """
        }
        let body: HTML = """
            \(trail("nav.revisions", "/revisions", "\(number)"))
            <div class="row"><h1>\(words("revision.title", "\(number)"))</h1>\(badge(.good, words("revision.current")), if: number == current)</div>
            <p class="lead"><strong>\(revision.author)</strong> \(words("revision.source.\(revision.source)")) \(clock(revision.at))\
            \(revision.comment.isEmpty ? "" : ": \(revision.comment)")</p>
            \(effects(revision.effects, limit: 100))
            \(difference(diff, from: from, to: number))
            \(rollback)
            \(text(detail.document, "revision.document", isOpen: diff?.isEmpty != false))\(text(detail.managed, "revision.managed"))
            """
        return PageContent(
            title: "\(words("revision.title", "\(number)")) · Ninelives", section: .revisions, body: body, isLive: false
        )
    }

    private func text(_ text: String, _ title: String, isOpen: Bool = false) -> HTML {
        if text.isEmpty { return .nothing }
        return
            "<details class=\"card\"\(" open", if: isOpen)><summary>\(words(title))</summary><pre tabindex=\"0\">\(text)</pre></details>"
    }

    private func difference(_ diff: String?, from: Int, to number: Int) -> HTML {
        guard let diff, !diff.isEmpty else { return .nothing }
        let lines = diff.split(separator: "\n", omittingEmptySubsequences: false).map { line -> HTML in
            let isHead = line.hasPrefix("+++ ") || line.hasPrefix("--- ") || line.hasPrefix("@")
            let kind = isHead ? "b" : line.hasPrefix("+") ? "ins" : line.hasPrefix("-") ? "del" : "span"
            return "<\(raw: kind)>\(String(line))</\(raw: kind)>\n"
        }
        return """
            <section class="card" aria-labelledby="diff-title"><h2 id="diff-title">\(words("revision.diff", "\(from)", "\(number)"))</h2>\
            <pre class="diff" tabindex="0">\(lines)</pre></section>
            """
    }

    // MARK: Members

    /// The form that adds a member to a scheme that may be changed from here; otherwise why it may not.
    func addForm(_ scheme: SchemeReport) -> HTML {
        guard visit.may(.admin, in: scheme.projects), site.revisions != nil else { return .nothing }
        guard scheme.managedBy == "api" else { return "<p class=\"quiet\">\(words("member.by-file"))</p>" }
        let lowest = scheme.members.map(\.priority).min() ?? 110
        let used = Set(scheme.members.map(\.indicator))
        let options = model.indicatorGlances().filter { !used.contains($0.name) }.prefix(500).map {
            "<option value=\"\($0.name)\"></option>" as HTML
        }
        return .keyed(
            "add-member",
            """
            <details class="menu" data-keep-open="add-member"><summary>\(words("member.add"))</summary>\
            \(form("putMember", class: "filter", """
                \(Seen.html(Seen.nothing))<input type="hidden" name="name" value="\(scheme.name)"><label>\(words("events.indicator")) <input name="indicator" list="indicators" required autocomplete="off"></label>\
                <datalist id="indicators">\(options)</datalist><label>\(words("member.value")) <input name="value" required placeholder="192.0.2.7"></label>\
                <label>\(words("priority.word")) <input name="priority" inputmode="numeric" size="5" value="\(max(1, lowest - 10))"></label>\
                <button class="main">\(words("member.add"))</button>
                """))</details>
            """)
    }

    /// Value and priority of a member of a scheme that may be changed from here.
    func editForm(_ member: MemberReport, of scheme: SchemeReport) -> HTML {
        guard visit.may(.admin, in: scheme.projects), site.revisions != nil, scheme.managedBy == "api" else {
            return .nothing
        }
        return form(
            "putMember", class: "filter",
            """
            \(Seen.html(Seen.mark(member)))<input type="hidden" name="name" value="\(scheme.name)"><input type="hidden" name="indicator" value="\(member.indicator)">\
            <label>\(words("member.value")) <input name="value" required value="\(member.values.joined(separator: " "))" autocomplete="off"></label>\
            <label>\(words("priority.word")) <input name="priority" required size="8" value="\(member.priorityName ?? "\(member.priority)")" autocomplete="off"></label>\
            <button>\(words("edit.save"))</button>
            """)
    }

    /// The button that takes a member out of a scheme that may be changed from here.
    func removeForm(_ member: MemberReport, of scheme: SchemeReport) -> HTML {
        guard visit.may(.admin, in: scheme.projects), site.revisions != nil, scheme.managedBy == "api",
            scheme.members.count > 1
        else {
            return .nothing
        }
        return form(
            "removeMember",
            """
            <input type="hidden" name="name" value="\(scheme.name)"><input type="hidden" name="indicator" value="\(member.indicator)">\
            <button class="small">\(words("member.remove"))</button>
            """)
    }

    /// The button that removes the whole scheme.
    func removeForm(_ scheme: SchemeReport) -> HTML {
        guard visit.may(.admin, in: scheme.projects), site.revisions != nil, scheme.managedBy == "api" else {
            return .nothing
        }
        return .keyed(
            "remove",
            """
            <details class="menu card" data-keep-open="remove"><summary>\(words("scheme.remove"))</summary><p>\(words("scheme.remove-text"))</p>\
            <form method="post" action="/do/removeScheme" class="inline"><input type="hidden" name="csrf" value="\(visit.csrf ?? "")">\
            <input type="hidden" name="back" value="/schemes"><input type="hidden" name="name" value="\(scheme.name)"><button>\(words("scheme.remove"))</button></form></details>
            """)
    }
}

extension HTML.StringInterpolation {
    /// A tag's name, of our own choosing.
    fileprivate mutating func appendInterpolation(raw tag: String) { appendLiteral(tag) }
}
