import Addresses
import ArgumentParser
import Checks
import DNS
import Foundation
import NIOPosix
import Providers

struct FailoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "failover", abstract: "Check and move one record at a DNS provider, once: for cron.",
        discussion: """
            1. The record's current address is read from the provider. 2. If it is not accessible, go to 6. 3. If it
            is MAIN: no change. 4. If MAIN is not accessible: no change. 5. MAIN is set: done. 6. The candidate is
            BACKUP, or MAIN if the current address is BACKUP. 7. If the candidate is not accessible: no change.
            8. The candidate is set: done. If the current address is neither MAIN nor a BACKUP and no BACKUP is
            accessible, MAIN is tried too, unless --strict is given.

            Accessible is what the check says, made to that very address with the real host name. The check's
            arguments follow as key=value, as with `ninelives check`; the provider's are given with --with, secrets
            only by where they are (env:NAME, file:PATH). A secret that is not given is taken from the environment:
            CLOUDFLARE_TOKEN is the token of cloudflare.

            Exit codes: 0 nothing to do, 10 changed, 1 nothing is accessible, 2 wrong usage, 3 the provider failed.

            EXAMPLES
              ninelives failover --provider cloudflare --record www.example.org \\
                --main 203.0.113.1 --backup 203.0.113.2 \\
                --check http-grep url=https://www.example.org/ must-have=OK
              ninelives failover --provider dyndns2 --with url=https://dyn.example.net --with user=ann \\
                --with password=file:/etc/ninelives/password --record home.example.org \\
                --main 203.0.113.1 --backup 203.0.113.2 --check tcp port=443 --dry-run
            """)

    @Option(help: "The driver of the provider, such as cloudflare.") var provider: String?
    @Option(name: .customLong("with"), help: "An argument of the provider, key=value; several times.")
    var with: [String] = []
    @Option(help: "The record: its DNS name.") var record: String?
    @Option(help: "The address to prefer; several at once separated by commas.") var main: String?
    @Option(help: "The address to use instead; several times, in order.") var backup: [String] = []
    @Option(help: "The check, such as http-grep.") var check: String?
    @Argument(help: "The check's arguments as key=value.") var arguments: [String] = []
    @Option(help: "An address counts as not accessible after so many failures in a row (1…20).") var attempts = 3
    @Option(help: "How long one attempt may take, milliseconds (1…600000).") var timeout = 5000
    @Option(help: "How long one call of the provider may take, seconds (1…300); 20 unless its driver needs longer.")
    var providerTimeout: Int?
    @Option(help: "The TTL to set, seconds (1…86400).") var ttl = 60
    @Option(help: "A name server of the zone, to read from where the provider cannot be read; several times.")
    var server: [String] = []
    @Option(help: "The file that keeps two runs for this record apart.") var lock: String?
    @Flag(help: "Replace a dead address that is neither MAIN nor BACKUP by BACKUP only.") var strict = false
    @Flag(help: "Change nothing; say what would be.") var dryRun = false

    func run() async throws {
        let run = try FailoverRun(self)
        guard let lock = try RunLock(lock ?? RunLock.path(for: run.owner)) else {
            print("Another run for \(run.owner.apiText) is under way: nothing is done.")
            return
        }
        defer { lock.release() }
        let code = await run.execute()
        if code != .success { throw code }
    }
}

/// One run with everything it needs, taken from the command line.
struct FailoverRun {
    let owner: Name
    private let shot: OneShot
    private let record: OneShotRecord
    private let probe: FailoverProbe
    private let ttlSeconds: UInt32
    private let isDryRun: Bool

    /// Says everything that is wrong with the command line and throws exit code 2.
    init(_ command: FailoverCommand) throws {
        var faults: [String] = []
        func required(_ value: String?, _ option: String) -> String {
            if value == nil { faults.append("--\(option) is missing.") }
            return value ?? ""
        }
        func inRange(_ value: Int, _ range: ClosedRange<Int>, _ option: String) {
            guard !range.contains(value) else { return }
            faults.append("--\(option) \(value) is out of range: use \(range.lowerBound)…\(range.upperBound).")
        }
        let driver = required(command.provider, "provider")
        let recordText = required(command.record, "record")
        let main = Self.addresses(required(command.main, "main"), "main", &faults)
        let backups = command.backup.map { Self.addresses($0, "backup", &faults) }
        if backups.isEmpty { faults.append("--backup is missing.") }
        let check = required(command.check, "check")
        inRange(command.attempts, 1...20, "attempts")
        inRange(command.timeout, 1...600_000, "timeout")
        inRange(command.providerTimeout ?? 1, 1...300, "provider-timeout")
        inRange(command.ttl, 1...86_400, "ttl")
        let servers = command.server.map { text in
            let server = NameServer(text)
            if server == nil { faults.append("--server \(text) is no address with or without a port.") }
            return server
        }
        let owner: Name? = recordText.isEmpty ? nil : try? Name(recordText)
        if !recordText.isEmpty, owner == nil { faults.append("--record \(recordText) is not a domain name.") }
        for (index, value) in ([main] + backups).enumerated() where !value.isEmpty {
            if ([main] + backups).firstIndex(where: { Set($0) == Set(value) }) != index {
                faults.append("\(OneShot.text(value)) is given twice; give each address once.")
            }
        }
        let account = command.provider.flatMap { _ in Self.provider(driver, command.with, &faults) }
        let probe = command.check.flatMap { _ in
            FailoverProbe(check, command.arguments, record: recordText, sample: main.first, &faults)
        }
        guard faults.isEmpty, let owner, let account, var probe else {
            for fault in faults { printError(fault) }
            printError("`ninelives failover --help` shows how it is used.")
            throw Exit.wrong
        }
        probe.attempts = command.attempts
        probe.timeout = .milliseconds(command.timeout)
        self.owner = owner
        self.probe = probe
        shot = OneShot(main: main, backups: backups, isStrict: command.strict)
        record = OneShotRecord(
            account,
            survey: AuthoritySurvey(
                group: MultiThreadedEventLoopGroup.singleton, servers: servers.compactMap { $0 }),
            owner: owner, families: main + backups.flatMap { $0 },
            timeout: command.providerTimeout.map { .seconds($0) } ?? account.capabilities.callTimeout)
        ttlSeconds = UInt32(command.ttl)
        isDryRun = command.dryRun
    }

    /// Runs the steps and says each; returns the exit code.
    func execute() async -> ExitCode {
        do throws(ProviderError) {
            let current = try await record.addresses()
            let verdict = await shot.decide(
                current: current, isAccessible: { await probe.isAccessible($0) },
                say: { print("\($0.step). \($0.text)") })
            switch verdict {
            case .keep: return .success
            case .nothingAccessible: return Exit.no
            case .set(let addresses):
                guard !isDryRun else {
                    print("   dry run: nothing is changed")
                    return Exit.changed
                }
                guard let words = try await record.set(addresses, ttlSeconds: ttlSeconds) else {
                    print("   it was there already")
                    return .success
                }
                print("   done: \(words)")
                return Exit.changed
            }
        } catch {
            printError("\(owner.apiText): the provider failed: \(error)")
            return Exit.unreachable
        }
    }

    // MARK: Reading the command line

    private static func addresses(_ text: String, _ option: String, _ faults: inout [String]) -> [IPAddress] {
        var addresses: [IPAddress] = []
        for part in text.split(separator: ",") {
            if let address = IPAddress(part) {
                addresses.append(address)
            } else {
                faults.append("--\(option) \(part) is not an address; use one such as 203.0.113.1 or 2001:db8::1.")
            }
        }
        return addresses
    }

    /// The account that `--with` describes; adds what is wrong with it to the faults.
    static func provider(_ driver: String, _ with: [String], _ faults: inout [String]) -> (any Provider)? {
        var values = keysAndValues(with, "--with", &faults)
        // A secret that is not given is looked for in the environment: CLOUDFLARE_TOKEN.
        let secrets = (ProviderDriver.named(driver)?.parameters ?? []).filter { $0.kind == .secret }
        for parameter in secrets where values[parameter.name] == nil {
            let variable = "\(driver)_\(parameter.name)".uppercased().replacingOccurrences(of: "-", with: "_")
            if ProcessInfo.processInfo.environment[variable] != nil { values[parameter.name] = "env:\(variable)" }
        }
        do {
            return try ProviderDriver.make(driver: driver, arguments: ProviderArguments(values))
        } catch {
            for wrong in error.errors {
                faults.append(wrong.key == "driver" ? "--provider \(wrong)." : "--with \(wrong).")
            }
            return nil
        }
    }
}

/// `key=value` words by key.
func keysAndValues(_ words: [String], _ place: String, _ faults: inout [String]) -> [String: String] {
    var values: [String: String] = [:]
    for word in words {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let key = String(parts[0])
        if values.updateValue(parts.count == 2 ? String(parts[1]) : "true", forKey: key) != nil {
            faults.append("\(place) \(key) is given twice; give it once.")
        }
    }
    return values
}

/// Asks an address whether it is accessible, by the check of the command line.
struct FailoverProbe {
    var attempts = 3
    var timeout: Duration = .seconds(5)
    private let method: String
    private let values: [String: String]
    private let addressKey: String

    /// nil if something is wrong, which is then added to the faults.
    init?(_ method: String, _ arguments: [String], record: String, sample: IPAddress?, _ faults: inout [String]) {
        self.method = method
        var values = keysAndValues(arguments, "the check's", &faults)
        let parameters = CheckMethod.named(method)?.parameters.map(\.name) ?? []
        addressKey = parameters.contains("addr") || !parameters.contains("host") ? "addr" : "host"
        if values[addressKey] != nil {
            faults.append("the check's \(addressKey) is given by --main and --backup; leave it out.")
        }
        if parameters.contains("host"), values["host"] == nil, !record.isEmpty { values["host"] = record }
        self.values = values
        guard let sample else { return nil }
        do {
            _ = try check(of: sample)
        } catch {
            for wrong in error.errors { faults.append("--check \(method): \(wrong)") }
            return nil
        }
    }

    /// Every address of the value, each within the attempts.
    func isAccessible(_ addresses: [IPAddress]) async -> Bool {
        for address in addresses where !(await isAccessible(address)) { return false }
        return true
    }

    private func isAccessible(_ address: IPAddress) async -> Bool {
        guard let check = try? check(of: address) else { return false }
        for attempt in 1...attempts {
            let result = await check.probe(timeout: timeout, on: MultiThreadedEventLoopGroup.singleton)
            print("   \(address): \(result.isSuccess ? "ok" : "err"): \(result.reason)")
            if result.isSuccess { return true }
            if attempt < attempts { try? await ContinuousClock().sleep(for: .seconds(1)) }
        }
        return false
    }

    private func check(of address: IPAddress) throws(CheckArgumentErrors) -> any Check {
        var values = values
        values[addressKey] = address.description
        return try CheckMethod.make(method: method, arguments: CheckArguments(values))
    }
}
