import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

/// Restores one after the other while everything else goes on: probes, upkeep, orders that are published, readers.
@Suite struct RestoreUnderLoadTests {
    /// `NINELIVES_RESTORE_SECONDS` asks for more.
    private static let patience =
        ProcessInfo.processInfo.environment["NINELIVES_RESTORE_SECONDS"].flatMap { Int($0) } ?? 16

    @Test
    func `restored again and again, at any moment of its life and under load, it lives and answers all the while`()
        async throws
    {
        try await withQuietSite { site in
            let backup = "\(site.folder.path)/backup.db"
            #expect(try await site.order("steady:a", "in the backup").status == 201)
            #expect(try await ninelives("backup", backup, "--data", site.data).code == 0)
            let upload = Upload(
                url: site.web, token: try site.token(), file: try Data(contentsOf: .init(filePath: backup)))
            let end = ContinuousClock.now + .seconds(Self.patience)
            var done = 0
            while done < 4 || ContinuousClock.now < end {
                let crowd = Crowd(site.web, try site.token())
                let beat = Drumbeat(port: site.dns.port, name: "two.example.test")
                // The first comes as soon as anything answers, and then two at once, at any moment.
                done += try await restore(site, upload, atOnce: 1)
                try await ContinuousClock().sleep(for: .milliseconds(.random(in: 0...120)))
                done += try await restore(site, upload, atOnce: 2)
                let answers = beat.end()
                #expect(answers.missing == 0 && answers.empty == 0, "\(answers)")
                let seen = await crowd.leave()
                #expect(seen.wrong == [:], "after \(done) restores")
                #expect(seen.reads > 0 && seen.orders > 0, "somebody was there: \(seen)")
                guard site.process.isRunning else { break }
                // Half of its lives end by themselves, and half do not.
                if Bool.random() { await site.process.stop() } else { site.process.signal(SIGKILL) }
                await site.process.end()
                try site.launch()
                try await eventually("our DNS answers") { (try? site.dns.addresses("two.example.test")) != nil }
            }
            try await site.awaitAnswer()
            #expect(try await upload.send() == 200)
            #expect(try await site.command("audit", "verify").code == 0)
            let restores = try await site.audit().filter { $0.action == "restore" }.count
            #expect(restores >= done + 1, "each that was acknowledged is in the audit log")
            #expect(try await site.get("/api/v1/overrides").contains("in the backup"))
            print("restores under load: \(done)")
        }
    }

    /// Restores; returns how many were acknowledged.
    private func restore(_ site: QuietSite, _ upload: Upload, atOnce count: Int) async throws -> Int {
        let statuses = await withTaskGroup(of: UInt.self) { group in
            for _ in 0..<count { group.addTask { await upload.insist() } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let life = "\(site.process.exitCode.map { "ended with \($0)" } ?? "runs"): \(site.process.printed.suffix(3000))"
        #expect(site.process.isRunning, "\(life)")
        // One at a time: who comes second is told so.
        #expect(statuses.contains(200) && statuses.allSatisfy { [200, 409, 503].contains($0) }, "\(statuses) \(life)")
        return statuses.count { $0 == 200 }
    }
}

/// A backup that is sent to a server.
private struct Upload: Sendable {
    let url: String
    let token: String
    let file: Data

    /// The status of the answer; nil if it asks to come again.
    func send() async throws -> UInt? {
        var request = HTTPClientRequest(url: url + "/api/v1/restore?name=backup.db")
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        request.headers.add(name: "Content-Type", value: "application/octet-stream")
        request.body = .bytes(file)
        let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        return answer.headers.contains(name: "Retry-After") ? nil : answer.status.code
    }

    /// Sends it until somebody takes or refuses it, every few milliseconds; 0 if nobody does within 20 seconds.
    func insist() async -> UInt {
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            if let status = try? await send() { return status }
            try? await ContinuousClock().sleep(for: .milliseconds(5))
        }
        return 0
    }
}

/// People who read and order as fast as they are answered.
private struct Crowd {
    struct Seen: Sendable {
        var reads = 0
        var orders = 0
        /// Answers that nobody should get, by what was asked.
        var wrong: [String: UInt] = [:]
    }

    private let people: Task<Void, Never>
    private let stream: ChildProcess?
    private let seen: Seeing

    /// Shared by all of them.
    private final class Seeing: Sendable {
        let seen = Mutex(Seen())

        func note(_ status: UInt, _ path: String, isOrder: Bool) {
            seen.withLock { seen in
                switch status {
                case 200..<300: if isOrder { seen.orders += 1 } else { seen.reads += 1 }
                // It asks to come again.
                case 503: break
                default: seen.wrong[path] = status
                }
            }
        }
    }

    init(_ web: String, _ token: String) {
        let seeing = Seeing()
        seen = seeing
        stream = try? ChildProcess("curl", ["-sN", "--max-time", "60", "\(web)/api/v1/events/stream"])
        people = Task {
            await withTaskGroup(of: Void.self) { group in
                for path in ["/api/v1/status", "/api/v1/events", "/", "/metrics", "/api/v1/audit/verification"] {
                    group.addTask {
                        while !Task.isCancelled {
                            if let answer = try? await QuietSite.ask(web, .GET, path, token: token) {
                                seeing.note(answer.status, path, isOrder: false)
                            }
                            try? await ContinuousClock().sleep(for: .milliseconds(10))
                        }
                    }
                }
                group.addTask {
                    var count = 0
                    while !Task.isCancelled {
                        count += 1
                        let member = ["a", "b", "c"][count % 3]
                        let order = #"{"action":"pin","target":"two.example.test","member":"steady:\#(member)"}"#
                        if let answer = try? await QuietSite.ask(web, .POST, "/api/v1/overrides", order, token: token) {
                            seeing.note(answer.status, "an order", isOrder: true)
                        }
                        try? await ContinuousClock().sleep(for: .milliseconds(5))
                    }
                }
            }
        }
    }

    func leave() async -> Seen {
        people.cancel()
        await people.value
        await stream?.stop()
        return seen.seen.withLock { $0 }
    }
}
