import Foundation
import NIOHTTP1
import Storage
import TestSupport
import Testing

/// A backup put in the place of what a server remembers, while it answers.
@Suite struct RestoreTests {
    private static let steadily = "192.0.2.1"

    @Test func `a running server takes a backup back, answers all the while, and forgets nobody's deed`() async throws {
        try await withQuietSite { site in
            let backup = "\(site.folder.path)/backup.db"
            let admin = #"{"name":"root","password":"correct horse battery","roles":{"*":"admin"}}"#
            #expect(try await site.ask(.POST, "/api/v1/users", admin).status == 201)
            // What the backup has: an account, a revision by the API, an order.
            let roles = #"{"name":"ann","password":"correct horse battery","roles":{"*":"operator"}}"#
            #expect(try await site.ask(.POST, "/api/v1/users", roles).status == 201)
            let session = try await Session(site, "ann", "correct horse battery")
            let kept = try await session.makeToken("kept", role: "operator")
            try await site.apply(comment: "what the backup has")
            #expect(try await site.order("steady:a", "in the backup").status == 201)
            try await eventually("b answers") { try site.dns.addresses("two.example.test") == ["192.0.2.2"] }
            #expect(try await ninelives("backup", backup, "--data", site.data).code == 0)
            // What came later: all of that is changed.
            #expect(try await site.ask(.DELETE, "/api/v1/overrides/indicator:steady:a").status == 204)
            #expect(try await site.order("steady:b", "later").status == 201)
            try await site.apply(comment: "later")
            #expect(try await site.ask(.DELETE, "/api/v1/users/ann").status == 204)
            #expect(try await site.ask(.GET, "/api/v1/me", token: kept).status == 401)
            try await eventually("a answers again") { try site.dns.addresses("two.example.test") == [Self.steadily] }
            let (serial, generation) = (try site.dns.serial("example.test"), try await site.generation())
            let entries = try await site.audit().count

            let beat = Drumbeat(port: site.dns.port, name: "two.example.test")
            let (output, code) = try await site.command("restore", backup, "--data", site.data)
            #expect(code == 0 && output.contains("Restored from backup.db, taken at"), "\(output)")
            try await eventually("the backup's order is in force") {
                try site.dns.addresses("two.example.test") == ["192.0.2.2"]
            }
            let answers = beat.end()
            #expect(answers.missing == 0 && answers.empty == 0 && answers.count > 50, "\(answers)")

            let overrides = try await site.get("/api/v1/overrides")
            #expect(overrides.contains("in the backup") && !overrides.contains("later"), "\(overrides)")
            #expect(try await site.get("/api/v1/configuration").contains("what the backup has"))
            #expect(try await site.ask(.GET, "/api/v1/me", token: kept).status == 200, "accounts and tokens are back")
            #expect(try site.dns.serial("example.test") >= serial, "serial numbers never go back")
            #expect(try await site.generation() > generation)
            let verified = try await site.command("audit", "verify")
            #expect(verified.code == 0, "\(verified.output)")
            let audit = try await site.audit()
            #expect(audit.count == entries + 1, "what was done after the backup is not forgotten")
            #expect(audit[0].action == "restore" && audit[0].actor == "local" && audit[0].target == "backup.db")
            #expect(audit.contains { $0.action == "user.remove" && $0.target == "ann" })
            #expect(try await site.get("/api/v1/events?kind=configuration").contains("Restored from backup.db"))
            // It goes on living: an order is taken, a revision gets a number that nobody has been given.
            #expect(try await site.order("steady:c", "after").status == 201)
            #expect(try await site.apply(comment: "after").contains("\"revision\":4"))
            try await site.undoes(audit[0].detail)
        }
    }

    @Test func `what was restored is what a restart finds`() async throws {
        try await withQuietSite { site in
            let backup = "\(site.folder.path)/backup.db"
            #expect(try await site.order("steady:a", "in the backup").status == 201)
            #expect(try await ninelives("backup", backup, "--data", site.data).code == 0)
            #expect(try await site.order("steady:b", "later").status == 201)
            #expect(try await site.command("restore", backup, "--data", site.data).code == 0)
            let state = try await site.killed()
            #expect(state.overrides.map(\.reason) == ["in the backup"])
            try await site.start()
            #expect(try site.dns.addresses("two.example.test") == ["192.0.2.2"])
            let left = try FileManager.default.contentsOfDirectory(atPath: site.data)
            #expect(!left.contains { $0.contains("restoring") || $0.hasPrefix("upload-") }, "\(left)")
        }
    }

    @Test func `without a server, a store of an older version loses nothing either, and one of a newer is left alone`()
        async throws
    {
        try await withQuietSite { site in
            let backup = "\(site.folder.path)/backup.db"
            #expect(try await site.order("steady:a", "in the backup").status == 201)
            #expect(try await ninelives("backup", backup, "--data", site.data).code == 0)
            #expect(try await site.ask(.DELETE, "/api/v1/overrides/indicator:steady:a").status == 204)
            #expect(try await site.order("steady:b", "later").status == 201)
            let (entries, generation) = (try await site.audit().count, try await site.generation())
            await site.process.stop()
            let store = "\(site.data)/\(Store.fileName)"
            // As the version before had it: without what its last step has added.
            let older = """
                DROP TABLE reply; ALTER TABLE revision DROP COLUMN managed; ALTER TABLE revision DROP COLUMN effects;
                ALTER TABLE revision DROP COLUMN secrets; DELETE FROM grdb_migrations WHERE identifier = 'revisions';
                """
            #expect(try await run("sqlite3", [store, older]).code == 0)
            let (output, code) = try await ninelives("restore", backup, "--data", site.data)
            #expect(code == 0, "\(output)")
            try await site.start()
            let audit = try await site.audit()
            #expect(audit.count == entries + 1, "what was done after the backup is not forgotten")
            #expect(audit[0].action == "restore" && audit[1].target.contains("steady:b"), "\(audit)")
            #expect(try await site.command("audit", "verify").code == 0)
            #expect(try await site.generation() > generation, "numbers go up")
            let overrides = try await site.get("/api/v1/overrides")
            #expect(overrides.contains("in the backup") && !overrides.contains("later"), "\(overrides)")
            try await site.undoes(audit[0].detail)

            await site.process.stop()
            #expect(try await run("sqlite3", [store, "INSERT INTO grdb_migrations VALUES ('999')"]).code == 0)
            let before = try await run("sqlite3", [store, ".dump"]).output
            let refusal = try await ninelives("restore", backup, "--data", site.data)
            #expect(refusal.code == 1 && refusal.output.contains("by a newer version"), "\(refusal.output)")
            #expect(before.contains("in the backup"))
            #expect(try await run("sqlite3", [store, ".dump"]).output == before)
        }
    }

    enum Bad: String, CaseIterable {
        case text, empty, foreign, newer, changed, damaged, truncated, key

        /// What the refusal must say.
        var words: String {
            switch self {
            case .text, .empty: "it is no file of `ninelives backup`"
            case .foreign: "it is another program's database"
            case .newer: "was written by a newer version"
            case .changed: "its tables are not ours"
            case .damaged, .truncated: "damaged"
            case .key: "another key"
            }
        }

        func spoil(_ backup: String, _ folder: String) async throws {
            let file = URL(fileURLWithPath: backup)
            let whole = try Data(contentsOf: file)
            switch self {
            case .text: try Data("just a text of some length, no database".utf8).write(to: file)
            case .empty: try Data().write(to: file)
            case .damaged:
                try (whole.prefix(8192) + Data(repeating: 0xA5, count: whole.count - 8192)).write(to: file)
            case .truncated: try whole.prefix(whole.count / 2).write(to: file)
            case .foreign:
                try FileManager.default.removeItem(at: file)
                try await sqlite(backup, "CREATE TABLE song (name TEXT)")
            case .newer: try await sqlite(backup, "INSERT INTO grdb_migrations VALUES ('999')")
            case .changed:
                try await sqlite(backup, "CREATE TRIGGER t AFTER INSERT ON user BEGIN DELETE FROM audit; END")
            // As good as any that another key has made.
            case .key: try await sqlite(backup, "UPDATE audit SET seal = 'x' || seal")
            }
        }

        private func sqlite(_ file: String, _ statement: String) async throws {
            let (output, code) = try await run("sqlite3", [file, statement])
            #expect(code == 0, "\(output)")
        }
    }

    @Test func `what is no backup for this server is refused with a reason, and nothing is disturbed`() async throws {
        try await withQuietSite { site in
            #expect(try await site.order("steady:a", "kept").status == 201)
            let before = try await site.audit().count
            for bad in Bad.allCases {
                let backup = "\(site.folder.path)/\(bad).db"
                #expect(try await ninelives("backup", backup, "--data", site.data).code == 0)
                try await bad.spoil(backup, site.folder.path)
                let (output, code) = try await site.command("restore", backup, "--data", site.data)
                #expect(code == 1 && output.contains(bad.words), "\(bad): \(output)")
                #expect(output.contains("Nothing was changed"), "\(bad): \(output)")
            }
            #expect(try await site.audit().count == before, "no life has ended")
            #expect(try await site.get("/api/v1/overrides").contains("kept"))
            #expect(try await site.order("steady:b", "goes on").status == 201)
            // The same without a server.
            await site.process.stop()
            for bad in Bad.allCases {
                let (output, code) = try await ninelives(
                    "restore", "\(site.folder.path)/\(bad).db", "--data", site.data)
                #expect(code == 1 && output.contains(bad.words), "\(bad): \(output)")
            }
            try await site.start()
            #expect(try await site.get("/api/v1/overrides").contains("goes on"))
        }
    }

    @Test func `only an admin of the whole server may restore`() async throws {
        try await withQuietSite { site in
            let user = #"{"name":"bob","password":"correct horse battery","roles":{"*":"operator"}}"#
            #expect(try await site.ask(.POST, "/api/v1/users", user).status == 201)
            let token = try await Session(site, "bob", "correct horse battery").makeToken("t", role: "operator")
            #expect(try await site.ask(.POST, "/api/v1/restore", "{}", token: token).status == 403)
            #expect(try await site.ask(.POST, "/api/v1/restore", "{}").status == 415)
        }
    }

    @Test func `killed in the middle of a restore, it starts with the whole of the one or the other`() async throws {
        try await withQuietSite { site in
            #expect(try await site.setSecret("backup").code == 0)
            #expect(try await site.order("steady:a", "backup").status == 201)
            let sealed = try site.secret()
            let backup = "\(site.folder.path)/backup.db"
            #expect(try await ninelives("backup", backup, "--data", site.data).code == 0)
            #expect(try await site.setSecret("later").code == 0)
            #expect(try await site.order("steady:a", "later").status == 201)
            let present = "\(site.folder.path)/present.db"
            #expect(try await ninelives("backup", present, "--data", site.data).code == 0)
            var seen: Set<String> = []
            for round in 0..<12 {
                let restore = Task { [data = site.data, web = site.web] in
                    try await ninelives("restore", backup, "--data", data, "--url", web)
                }
                // Any moment will do: the twelve are spread over what a restore takes.
                try await ContinuousClock().sleep(for: .milliseconds(40 + 25 * round))
                site.process.signal(SIGKILL)
                await site.process.end()
                _ = try await restore.value
                try await site.start()
                let overrides = try await site.get("/api/v1/overrides")
                let state = overrides.contains("\"reason\":\"backup\"") ? "backup" : "later"
                #expect(overrides.contains("\"reason\":\"\(state)\""), "round \(round): \(overrides)")
                #expect((try site.secret() == sealed) == (state == "backup"), "round \(round): secrets of the other")
                #expect(try await site.command("audit", "verify").code == 0, "round \(round)")
                seen.insert(state)
                if state == "backup" {
                    let again = try await site.command("restore", present, "--data", site.data)
                    #expect(again.code == 0, "\(again.output)\(site.process.printed)")
                }
            }
            #expect(!seen.isEmpty)
        }
    }
}

extension QuietSite {
    struct AuditEntry: Decodable {
        var action: String
        var actor: String
        var target: String
        var detail: String
    }

    /// The newest first.
    func audit() async throws -> [AuditEntry] {
        struct List: Decodable { var items: [AuditEntry] }
        let body = try await get("/api/v1/audit?limit=1000")
        return try JSONDecoder().decode(List.self, from: Data(body.utf8)).items
    }

    func generation() async throws -> Int {
        struct Scheme: Decodable { var generation: Int }
        let body = try await get("/api/v1/schemes/two.example.test")
        return try JSONDecoder().decode(Scheme.self, from: Data(body.utf8)).generation
    }

    /// Makes a revision that differs by its comment line only.
    @discardableResult
    func apply(comment: String) async throws -> String {
        let (status, body) = try await ask(.POST, "/api/v1/revisions", document(comment: comment))
        #expect(status == 200, "\(body)")
        return body
    }

    /// What makes such a revision.
    func document(comment: String) throws -> String {
        let file = try String(contentsOfFile: "\(folder.path)/n.yaml", encoding: .utf8)
        let wish = ["document": file + "# \(comment)\n", "comment": comment]
        return String(decoding: try JSONEncoder().encode(wish), as: UTF8.self)
    }

    /// What was there before a restore is a backup: putting it back brings the later state.
    fileprivate func undoes(_ detail: String) async throws {
        let kept = try #require(detail.split(separator: " ").last.map(String.init))
        let (output, code) = try await command("restore", kept, "--data", data)
        #expect(code == 0, "\(output)")
        let overrides = try await get("/api/v1/overrides")
        #expect(overrides.contains("later") && !overrides.contains("in the backup"), "\(overrides)")
        #expect(try await command("audit", "verify").code == 0)
    }

    fileprivate func setSecret(_ secret: String) async throws -> (output: String, code: Int32) {
        try await run("bash", ["-c", "echo \(secret) | '\(binary)' secret set provider --data '\(data)'"])
    }

    fileprivate func secret() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: "\(data)/secrets/provider")) }
}

/// Somebody who has logged in.
private struct Session {
    let site: QuietSite
    private let cookie: String
    private let csrf: String

    init(_ site: QuietSite, _ name: String, _ password: String) async throws {
        self.site = site
        let login = #"{"name":"\#(name)","password":"\#(password)"}"#
        let (output, _) = try await run(
            "curl", ["-si", "-H", "Content-Type: application/json", "-d", login, "\(site.web)/api/v1/session"])
        cookie = try #require(
            output.split(separator: "ninelives-session=").last?.split(separator: ";").first.map(String.init))
        csrf = try #require(output.split(separator: "\"csrf\":\"").last?.split(separator: "\"").first.map(String.init))
    }

    func makeToken(_ name: String, role: String) async throws -> String {
        let (output, _) = try await run(
            "curl",
            [
                "-s", "-H", "Content-Type: application/json", "-H", "X-CSRF-Token: \(csrf)", "-b",
                "ninelives-session=\(cookie)", "-d", #"{"name":"\#(name)","role":"\#(role)"}"#,
                "\(site.web)/api/v1/tokens",
            ])
        return try #require(
            output.split(separator: "\"secret\":\"").last?.split(separator: "\"").first.map(String.init))
    }
}
