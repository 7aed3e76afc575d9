import Addresses
import ArgumentParser
import Control
import DNS
import DNSServer
import Failover
import Foundation
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Settings
import UnixSignals
import Web

/// Everything that runs: the DNS server, the shell with its engine and checks, and the page.
struct Node {
    let settings: Settings
    let demo: (any DemoServers)?
    let logger: Logger

    /// Runs until SIGINT or SIGTERM, then stops in order. Ends with exit code 2 if a listener cannot be bound.
    ///
    /// - Parameter started: called once our DNS answers.
    func run(started: () -> Void = {}) async throws {
        try settings.refuseBusyListeners()
        try FileManager.default.createDirectory(atPath: settings.dataFolder, withIntermediateDirectories: true)
        let clock = ShellClock(wall: Instant(seconds: Date().timeIntervalSince1970))
        let dns = try await startDNS()
        let control = Control(
            clock: clock, publisher: LocalPublisher(server: dns), group: MultiThreadedEventLoopGroup.singleton,
            process: ProcessReport(
                version: Version.current, startedAt: clock.now, dns: settings.dnsListeners.map(\.description)),
            logger: logger)
        let web = try WebServer(
            host: settings.http.address.description, port: settings.http.port, control: control, demo: demo,
            metrics: { dns.counters.metrics }, logger: logger)
        await control.apply(settings)
        started()
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let services = ServiceGroup(
            configuration: .init(
                services: [.init(service: web)], gracefulShutdownSignals: [.sigint, .sigterm], logger: quiet))
        let outcome = await Result { try await services.run() }
        await control.stop()
        await dns.stop()
        try outcome.get()
    }

    /// Binds every address and answers, or ends the command with what is in the way.
    private func startDNS() async throws -> DNSServer {
        do {
            let names = try settings.configuration.schemes.filter(\.isLocal).map { try Name($0.name.text) }
            let server = DNSServer(
                listen: settings.dnsListeners.map { DNSListen(address: $0.address, port: $0.port) },
                workers: min(max(ProcessInfo.processInfo.activeProcessorCount, 1), 256),
                snapshot: try ZoneSnapshot(zones: settings.zones, dynamicNames: names), logger: logger)
            try await server.start()
            return server
        } catch {
            printError("\(settings.file): \(error). Nothing was started.")
            throw Exit.wrong
        }
    }
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}

extension Settings {
    /// Tries every listener before anything is started; prints each that cannot be bound, with its line.
    func refuseBusyListeners() throws {
        var problems: [SettingsError] = []
        let all = dnsListeners.map { ($0, [ListenerTest.Transport.udp, .tcp]) } + [(http, [.tcp])]
        for (listener, transports) in all {
            let obstacle = transports.lazy.compactMap {
                ListenerTest.obstacle(to: $0, address: listener.address, port: listener.port)
            }.first
            guard let obstacle else { continue }
            problems.append(
                SettingsError(
                    file: file, line: listener.line, column: listener.column, path: listener.path,
                    value: listener.description, problem: obstacle, expected: "an address and a port that are free"))
        }
        if problems.isEmpty { return }
        for problem in problems { printError("\(problem)") }
        printError("Nothing was started.")
        throw Exit.wrong
    }
}
