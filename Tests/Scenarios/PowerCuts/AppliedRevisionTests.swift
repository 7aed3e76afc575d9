import Foundation
import NIOHTTP1
import Storage
import TestSupport
import Testing

/// A server that is killed while its configuration is changed, by the API and by its file, as fast as it goes.
@Suite struct AppliedRevisionTests {
    /// `NINELIVES_POWER_CUTS` asks for more.
    private static let rounds =
        ProcessInfo.processInfo.environment["NINELIVES_POWER_CUTS"].flatMap { Int($0) } ?? 15

    @Test func `an acknowledged revision is there after the cut, and any other is there whole or not at all`()
        async throws
    {
        try await withQuietSite { site in
            var pen = Pen(template: try String(contentsOfFile: site.file, encoding: .utf8))
            var known = Revisions(newest: 1, documents: [1: pen.template])
            for round in 0..<Self.rounds {
                let editor = Editor(site: (site.web, try site.token()), pen: pen, newest: known.newest)
                let editing = Task { await editor.work() }
                // Any moment will do: they are spread over the time that a few changes take.
                try await ContinuousClock().sleep(for: .milliseconds(Int.random(in: 5...250)))
                if round % 3 == 1 { try site.folder.write("n.yaml", pen.next()) }
                try await ContinuousClock().sleep(for: .milliseconds(Int.random(in: 0...700)))
                site.process.signal(SIGKILL)
                await site.process.end()
                let outcome = await editing.value
                pen.count = max(pen.count, outcome.count)
                try await check(site, outcome, &known, pen, round)
            }
            #expect(known.newest > Self.rounds / 3, "\(known.newest) revisions were made")
        }
    }

    private struct Revisions {
        var newest: Int
        var documents: [Int: String]
    }

    private func check(
        _ site: QuietSite, _ outcome: Editor.Outcome, _ known: inout Revisions, _ pen: Pen, _ round: Int
    ) async throws {
        let store = try Store(folder: site.data)
        #expect(store.repair == nil, "round \(round)")
        let newest = try #require(try store.revision()).number
        let seen = try store.fact("configuration.seen")
        let entries = try store.newestAuditEntries(limit: 1000).filter { $0.action == "revision.apply" }.map(\.target)
        for (number, document) in outcome.acknowledged {
            #expect(try store.revision(number)?.document == document, "round \(round): revision \(number)")
            known.documents[number] = document
        }
        // Each one that is there is one that somebody wrote, whole.
        for number in (known.newest + 1)..<max(newest + 1, known.newest + 1) {
            let revision = try #require(try store.revision(number), "round \(round): revision \(number)")
            #expect(pen.hasWritten(revision.document), "round \(round): revision \(number) is half of something")
            let isNoted = entries.contains("revision \(number)")
            #expect(isNoted == (revision.origin == "api"), "round \(round): a revision and its audit entry are one")
            known.documents[number] = revision.document
        }
        #expect(newest >= outcome.acknowledged.keys.max() ?? 0, "round \(round)")
        await store.close()
        // Started again: what was newest is in force, unless the file has changed since it was last seen.
        let file = try String(contentsOfFile: site.file, encoding: .utf8)
        let digest = try await run("sha256sum", [site.file]).output.prefix(64)
        try await site.start()
        let detail = try await site.get("/api/v1/configuration")
        let inForce = try JSONDecoder().decode(Detail.self, from: Data(detail.utf8))
        if digest == seen ?? "" {
            #expect(inForce.revision.number == newest, "round \(round): the file was seen before")
            #expect(inForce.document == known.documents[newest], "round \(round)")
        } else {
            #expect(inForce.document == file, "round \(round): the file has not been seen yet")
            #expect(inForce.revision.number <= newest + 1, "round \(round)")
        }
        known.documents[inForce.revision.number] = inForce.document
        known.newest = inForce.revision.number
        #expect(try await site.command("audit", "verify").code == 0, "round \(round)")
    }

    private struct Detail: Decodable {
        struct Revision: Decodable { var number: Int }
        var revision: Revision
        var document: String
    }
}

/// Writes texts that can be told apart by their last line.
private struct Pen: Sendable {
    let template: String
    var count = 0

    mutating func next() -> String {
        count += 1
        return text(count)
    }

    private func text(_ number: Int) -> String { "\(template)# text \(number)\n" }

    func hasWritten(_ text: String) -> Bool {
        guard text != template else { return true }
        guard let number = text.split(separator: "\n").last?.split(separator: " ").last.flatMap({ Int($0) }) else {
            return false
        }
        return text == self.text(number)
    }
}

/// Applies one text after the other until nobody answers any more.
private struct Editor: Sendable {
    struct Outcome: Sendable {
        var acknowledged: [Int: String] = [:]
        var count = 0
    }

    let site: (web: String, token: String)
    var pen: Pen
    var newest: Int

    func work() async -> Outcome {
        var outcome = Outcome()
        var pen = pen
        // Apart from those that go into the file meanwhile.
        pen.count += 10
        while true {
            let text = pen.next()
            outcome.count = pen.count
            let wish = try? JSONEncoder().encode(["document": text])
            guard let wish,
                let answer = try? await QuietSite.ask(
                    site.web, .POST, "/api/v1/revisions", String(decoding: wish, as: UTF8.self), token: site.token)
            else { return outcome }
            struct Made: Decodable { var revision: Int }
            guard answer.status == 200, let made = try? JSONDecoder().decode(Made.self, from: Data(answer.body.utf8))
            else { continue }
            outcome.acknowledged[made.revision] = text
        }
    }
}
