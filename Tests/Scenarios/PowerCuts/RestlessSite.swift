import AsyncHTTPClient
import Foundation
import NIOCore
import Storage
import TestSupport
import Testing

/// A server that is killed and started over and over, and what is known of what it has promised.
final class RestlessSite {
    let folder: TemporaryFolder
    private let dns: LoopbackQuestion
    private let web: String
    private let flapping: Flapping
    private var process: ChildProcess?
    private var promises: [String: Promise] = [:]
    private var lastSerial: UInt32 = 0
    private var lastGeneration: UInt64 = 0
    private(set) var acknowledged = 0
    private(set) var decisions = 0
    private var lives = 0

    var printed: String { process?.printed ?? "" }

    init() throws {
        folder = try TemporaryFolder()
        let (dnsPort, httpPort) = (try freePort(), try freePort())
        dns = LoopbackQuestion(port: dnsPort)
        web = "http://127.0.0.1:\(httpPort)"
        flapping = Flapping(ports: [try freePort(), try freePort()])
        try flapping.turn()
        try folder.write("n.yaml", Self.configuration(dnsPort, httpPort, flapping.ports))
    }

    /// One life: start, prove that everything is as it was, work for a while, and be killed.
    ///
    /// - Parameter waitsForProbes: whether it must first have found out what has changed meanwhile.
    func liveAndDie(for life: Duration, waitsForProbes: Bool) async throws {
        let kept = try await stored()
        let process = try ChildProcess(binary, ["serve", "--config", "\(folder.path)/n.yaml"])
        self.process = process
        try await proveAnswers(kept)
        let token = try await enter()
        try await proveOrders(kept, token)
        if waitsForProbes {
            let up = "192.0.2.\(11 + flapping.up)"
            try await eventually("probes have found \(up)") {
                try dns.addresses("flapping.example.test") == [up]
            }
        }
        let operators = Operator.all(web, token).map { one in Task { await one.work() } }
        let end = ContinuousClock.now + life
        while ContinuousClock.now < end {
            try flapping.turn()
            lastSerial = max(lastSerial, try dns.serial("example.test"))
            try await ContinuousClock().sleep(for: .milliseconds(.random(in: 10...200)))
        }
        process.signal(SIGKILL)
        await process.end()
        for task in operators {
            let outcome = await task.value
            if let refusal = outcome.refusal { throw Broken("an order was refused: \(refusal)") }
            acknowledged += outcome.count
            promises[outcome.subject, default: Promise()].take(outcome)
        }
        try? FileManager.default.removeItem(atPath: process.outputPath)
        // What the probes will find is not what was decided last.
        try flapping.turn()
    }

    func stop() async {
        process?.signal(SIGKILL)
        await process?.end()
        flapping.end()
    }

    // MARK: - What must hold

    /// The store as the killed server left it, read from a copy, so that the server itself has to mend it.
    private func stored() async throws -> StoredState? {
        let data = "\(folder.path)/data"
        guard FileManager.default.fileExists(atPath: "\(data)/\(Store.fileName)") else { return nil }
        let copy = try TemporaryFolder()
        defer { copy.remove() }
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: "\(data)/\(Store.fileName)\(suffix)") {
            try FileManager.default.copyItem(
                atPath: "\(data)/\(Store.fileName)\(suffix)", toPath: "\(copy.path)/\(Store.fileName)\(suffix)")
        }
        let store = try Store(folder: copy.path)
        let state = try store.state()
        await store.close()
        guard store.repair == nil else { throw Broken("the store was broken: \(store.repair ?? "")") }
        return state
    }

    /// The first answers are the last decisions, and the serial number is no lower.
    private func proveAnswers(_ kept: StoredState?) async throws {
        for scheme in kept?.schemes ?? [] {
            let answer = try dns.addresses(scheme.name)
            // An order that was written and not acknowledged may be in force before its decision was written.
            let pin = kept?.overrides.first { $0.subject == "scheme:\(scheme.name)" && $0.action == "pin" }
            let ordered = pin.flatMap {
                ["steady:a": "192.0.2.1", "steady:b": "192.0.2.2", "steady:c": "192.0.2.3"][$0.argument]
            }
            if answer != scheme.addresses.sorted(), answer != [ordered].compactMap(\.self) || ordered == nil,
                try await !hasDecided(scheme.name, from: scheme.addresses, to: answer)
            {
                throw Broken("\(scheme.name) answers \(answer) first, decided was \(scheme.addresses)")
            }
        }
        let serial = try dns.serial("example.test")
        if serial < lastSerial { throw Broken("serial \(serial) after \(lastSerial)") }
        lastSerial = serial
        if let pin = promises["scheme:ordered.example.test"], let decided = kept?.scheme("ordered.example.test") {
            let members = pin.all.compactMap(\.member)
            if !decided.active.allSatisfy(members.contains), !members.isEmpty {
                throw Broken("\(decided.active) answers, pinned was one of \(members)")
            }
        }
        if let flapping = kept?.scheme("flapping.example.test") {
            if flapping.generation < lastGeneration {
                throw Broken("generation \(flapping.generation) after \(lastGeneration)")
            }
            decisions += flapping.generation > lastGeneration ? 1 : 0
            lastGeneration = flapping.generation
        }
    }

    /// Whether it tells that it has moved the answer since it answers queries: on a busy machine we may ask that late.
    private func hasDecided(_ name: String, from old: [String], to new: [String]) async throws -> Bool {
        guard !new.isEmpty else { return false }
        let move = "\(name) answers \(old.joined(separator: ", ")) → \(new.joined(separator: ", ")) "
        let end = ContinuousClock.now + .seconds(5)
        while ContinuousClock.now < end {
            let parts = printed.split(separator: "answering DNS queries", maxSplits: 1)
            if parts.count == 2, parts[1].contains(move) { return true }
            try await ContinuousClock().sleep(for: .milliseconds(20))
        }
        return false
    }

    /// What was acknowledged is in force, in the store and by the API; the audit log is sound.
    private func proveOrders(_ kept: StoredState?, _ token: String) async throws {
        struct Overrides: Decodable {
            var items: [Item]
            struct Item: Decodable { var subject, reason: String }
        }
        struct Finding: Decodable { var problem: String? }
        let inForce = try JSONDecoder().decode(Overrides.self, from: try await get("/api/v1/overrides", token))
        for (subject, promise) in promises {
            let reasons = promise.all.map(\.reason)
            guard promise.kept != nil else { continue }
            let stored = kept?.overrides.first { $0.subject == subject }?.reason
            let shown = inForce.items.first { $0.subject == subject }?.reason
            if !reasons.contains(stored ?? "-") || shown != stored {
                throw Broken("\(subject): promised \(reasons), stored \(stored ?? "-"), in force \(shown ?? "-")")
            }
        }
        lives += 1
        // Reading it takes longer with each order that was ever given.
        guard lives < 10 || lives % 50 == 0 else { return }
        let finding = try JSONDecoder().decode(Finding.self, from: try await get("/api/v1/audit/verification", token))
        if let problem = finding.problem { throw Broken("the audit log: \(problem)") }
    }

    // MARK: - Asking

    /// Waits for the page; returns this life's token.
    private func enter() async throws -> String {
        try await eventually("the page answers") {
            (try? await get("/readyz", "")) != nil
        }
        return try String(contentsOfFile: "\(folder.path)/data/local.token", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func get(_ path: String, _ token: String) async throws -> Data {
        var request = HTTPClientRequest(url: web + path)
        if !token.isEmpty { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        return Data(try await response.body.collect(upTo: 1 << 22).readableBytesView)
    }

    private static func configuration(_ dns: Int, _ http: Int, _ flapping: [Int]) -> String {
        """
        listen: { dns: ["127.0.0.1:\(dns)"], http: "127.0.0.1:\(http)" }
        data: ./data
        zones:
          - name: example.test
            records: |
              @   900 IN SOA ns1 host 1 3600 600 604800 60
              @   900 IN NS  ns1
              ns1 900 IN A   127.0.0.1
        policies:
          # The first answers are asked for in less than the 800 ms that a new verdict takes, on a busy machine, too.
          restless: { interval: 500ms, timeout: 200ms, recheck: 200ms, fall: 5, rise: 5 }
        indicators:
          "steady:a": { check: tcp, host: 127.0.0.1, port: \(http) }
          "steady:b": { check: tcp, host: 127.0.0.1, port: \(http) }
          "steady:c": { check: tcp, host: 127.0.0.1, port: \(http) }
          "flap:a": { check: tcp, host: 127.0.0.1, port: \(flapping[0]), policy: restless }
          "flap:b": { check: tcp, host: 127.0.0.1, port: \(flapping[1]), policy: restless }
        schemes:
          ordered.example.test:
            members:
              - { indicator: "steady:a", value: 192.0.2.1 }
              - { indicator: "steady:b", value: 192.0.2.2 }
              - { indicator: "steady:c", value: 192.0.2.3 }
          flapping.example.test:
            failback: immediate
            members:
              - { indicator: "flap:a", value: 192.0.2.11 }
              - { indicator: "flap:b", value: 192.0.2.12, priority: backup }

        """
    }
}

extension StoredState {
    fileprivate func scheme(_ name: String) -> StoredScheme? { schemes.first { $0.name == name } }
}

/// A promise that was not kept.
struct Broken: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
