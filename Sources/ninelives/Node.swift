import Accounts
import Addresses
import ArgumentParser
import CSockets
import Control
import DNS
import DNSServer
import Failover
import Foundation
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Settings
import Storage
import Synchronization
import UnixSignals
import Web

/// Everything that runs: the DNS server, the shell with its engine and checks, and the page.
struct Node {
    let start: StartingPoint
    /// Nil if there was none yet.
    let known: Store?
    let demo: (any DemoServers)?
    /// No provider's account is changed.
    var isDryRun = false
    let logger: Logger

    private var settings: Settings { start.settings }

    /// Runs until SIGINT or SIGTERM, then stops in order. Ends with exit code 2 if a listener cannot be bound.
    ///
    /// - Parameter started: called once our DNS answers.
    func run(started: () -> Void = {}) async throws {
        // An order to reload that comes before we listen to it must not end us. The demo ends with its terminal.
        if demo == nil { signal(SIGHUP, SIG_IGN) }
        // A file that must not grow any more is an error to tell of, and no reason to die.
        signal(SIGXFSZ, SIG_IGN)
        try settings.refuseBusyListeners()
        let store = try openStore()
        let clock = ShellClock(wall: Instant(seconds: Date().timeIntervalSince1970))
        let descriptors = Descriptors.raised()
        if let warning = descriptors.warning(for: settings) {
            logger.warning("Too few open files", metadata: ["text": "\(warning)"])
        }
        let opening = Opening()
        let dns = try makeDNS(opening)
        let process = ProcessReport(
            version: Version.current, startedAt: clock.now, dns: settings.dnsListeners.map(\.description))
        opening.forwarding = makeForwarding()
        let body = Body(
            clock: clock, process: process, dns: dns, probing: descriptors.probing(), forwarding: opening.forwarding,
            demo: demo, isDryRun: isDryRun, install: installation(on: dns, opening), logger: logger)
        let first = try begin(body, store)
        let certificate = try openCertificate()
        var tls: (@Sendable () -> NIOSSLContext)?
        if let certificate { tls = { certificate.context } }
        let lives = Lives(body: body, first: first)
        let web = try WebServer(
            host: settings.http.address.description, port: settings.http.port, subject: await lives.subject(), tls: tls,
            logger: logger)
        opening.web = web
        web.setConnectionsPerClient(settings.connectionsPerClient)
        await lives.serve(by: web)
        // What reading has left free is given back before smaller things are strewn over it.
        ninelives_release_free_memory()
        // The last decisions are in place before the first query is read.
        await first.control.holdProbes()
        await first.control.apply(settings)
        try await begin(dns)
        await first.control.releaseProbes()
        await first.revisions.begin()
        let address = announce()
        defer { address?.remove(from: settings.dataFolder) }
        started()
        try invite(first.accounts)
        // By then the page is served, too, and then everything has been probed.
        releaseMemory(after: [1, 30])
        var parts = [
            ServiceGroupConfiguration.ServiceConfiguration(service: web), .init(service: lives),
        ]
        if let certificate { parts.append(.init(service: CertificateRenewal(certificate: certificate))) }
        if let forwarding = body.forwarding { parts.append(.init(service: forwarding)) }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let services = ServiceGroup(
            configuration: .init(
                services: parts, gracefulShutdownSignals: [.sigint, .sigterm], logger: quiet))
        let outcome = await Result { try await services.run() }
        let last = await lives.current
        await last.control.stop()
        await dns.stop()
        await last.store.close()
        try outcome.get()
    }

    private func begin(_ body: Body, _ store: Store) throws -> Life {
        do {
            return try body.live(from: start, store: store)
        } catch {
            printError("\(error).\nNothing was started.")
            throw Exit.wrong
        }
    }

    private func openStore() throws -> Store {
        if let known { return known }
        do {
            let store = try Store(folder: settings.dataFolder)
            if let repair = store.repair { logger.error("The store was begun anew", metadata: ["why": "\(repair)"]) }
            return store
        } catch {
            printError("\(error).\nNothing was started.")
            throw Exit.wrong
        }
    }

    /// The page's certificate, if it has one.
    private func openCertificate() throws -> ServerCertificate? {
        guard let places = settings.httpCertificate else { return nil }
        do {
            return try ServerCertificate(places.files, applicationProtocols: ["http/1.1"], logger: logger)
        } catch {
            printError("\(settings.file): \(error). Nothing was started.")
            throw Exit.wrong
        }
    }

    /// What forwards ports; nil where nothing outside of this process shall change.
    private func makeForwarding() -> PortForwarding? {
        if demo != nil || isDryRun { return nil }
        return PortForwarding(isOn: settings.appliance.isForwarding, logger: logger)
    }

    /// Puts what is not the engine's into force while the server answers on.
    private func installation(on dns: DNSServer, _ opening: Opening) -> Revisions.Installation {
        let started = settings
        return { settings, snapshot, before in
            ninelives_release_free_memory()
            releaseMemory(after: [1, 30])
            dns.replace(snapshot)
            if settings.dns != before.dns { dns.replace(settings.dns.options(randomSecret: opening.cookieSecret)) }
            await dns.replace(settings.transfers)
            // While the page listens where it did, it is not opened by what another listener would allow.
            let isElsewhere = settings.http.description != started.http.description
            opening.web?.setReadingOpen(settings.isReadingOpen && (!isElsewhere || before.isReadingOpen))
            opening.web?.setConnectionsPerClient(settings.connectionsPerClient)
            opening.web?.setStatusOpen(settings.isStatusOpen && (!isElsewhere || before.isStatusOpen))
            await opening.forwarding?.set(isOn: settings.appliance.isForwarding)
            return settings.listensLike(started) ? [] : [.listenersNeedRestart(settings)]
        }
    }

    /// Tells commands on this machine where the page is; nil if that cannot be written.
    private func announce() -> ServerAddress? {
        let address = ServerAddress(settings)
        do {
            try address.write(in: settings.dataFolder)
            return address
        } catch {
            logger.warning(
                "Commands on this machine need --url to find this server",
                metadata: ["file": "\(ServerAddress.path(in: settings.dataFolder))", "why": "it cannot be written"])
            return nil
        }
    }

    /// Says how to make the first account, and what is dangerous.
    private func invite(_ accounts: Accounts) throws {
        if demo != nil { return }
        if let secret = try accounts.invite() {
            printError("Make the first account here (this link works once): \(settings.webAddress)/welcome/\(secret)")
        }
        if !settings.http.isLoopback, settings.httpCertificate == nil {
            logger.warning(
                "The page is reachable from other machines without TLS: passwords and sessions can be read on the way. Give listen.http a certificate, put a proxy with TLS in front, or listen on 127.0.0.1.",
                metadata: ["http": "\(settings.http)"])
        }
    }

    private func makeDNS(_ opening: Opening) throws -> DNSServer {
        do {
            let names = try settings.configuration.schemes.filter(\.isLocal).map { try Name($0.name.text) }
            let processors = Int(ninelives_processors())
            var limits = DNSServerLimits()
            limits.tcpThreads = min(processors, 8)
            return DNSServer(
                listen: settings.dnsListeners.map { DNSListen(address: $0.address, port: $0.port) },
                encrypted: settings.encryptedListens,
                workers: min(processors, 256),
                snapshot: try ZoneSnapshot(zones: settings.zones, dynamicNames: names),
                options: settings.dns.options(randomSecret: opening.cookieSecret), limits: limits,
                transfers: settings.transfers, serialFile: settings.dataFolder + "/serials", logger: logger)
        } catch {
            printError("\(settings.file): \(error). Nothing was started.")
            throw Exit.wrong
        }
    }

    /// Binds every address and answers, or ends the command with what is in the way.
    private func begin(_ dns: DNSServer) async throws {
        do {
            try await dns.start()
        } catch {
            printError("\(settings.file): \(error). Nothing was started.")
            throw Exit.wrong
        }
    }
}

/// Gives back what starting or a change of the configuration has used and nobody uses any more.
private func releaseMemory(after seconds: [Int64]) {
    for pause in seconds {
        MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: .seconds(pause)) {
            ninelives_release_program_pages()
            ninelives_release_free_memory()
        }
    }
}

/// Looks now and then whether the page's certificate has been renewed.
private struct CertificateRenewal: Service {
    let certificate: ServerCertificate

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await ContinuousClock().sleep(for: ServerCertificate.interval)
                _ = try? await NIOThreadPool.singleton.runIfActive { certificate.reloadIfChanged() }
            }
        }
    }
}

extension Settings {
    /// Where the page is.
    var webAddress: String { "\(httpCertificate == nil ? "http" : "https")://\(http)" }
}

/// What outlives a revision: the page that is opened or closed by it, the forwarding that is switched on or off, and the
/// secret that cookies are made with.
private final class Opening: Sendable {
    let cookieSecret: CookieSecret
    private let server = Mutex<WebServer?>(nil)
    private let forwarder = Mutex<PortForwarding?>(nil)

    init() {
        var generator = SystemRandomNumberGenerator()
        cookieSecret = .random(using: &generator)
    }

    var forwarding: PortForwarding? {
        get { forwarder.withLock { $0 } }
        set { forwarder.withLock { $0 = newValue } }
    }

    var web: WebServer? {
        get { server.withLock { $0 } }
        set { server.withLock { $0 = newValue } }
    }
}

extension RevisionSeal {
    init(_ box: SecretBox) {
        self.init(
            fingerprint: { box.fingerprint($0) }, seal: { box.seal($0, as: "revision") },
            open: { box.open($0, as: "revision") })
    }

    /// With the key of a data folder that has one already; nil if it has none.
    init?(existingIn folder: String) {
        guard FileManager.default.fileExists(atPath: folder), let box = try? SecretBox.open(folder: folder) else {
            return nil
        }
        self.init(box)
    }
}

extension SettingsError {
    fileprivate static func listenersNeedRestart(_ settings: Settings) -> SettingsError {
        SettingsError(
            file: settings.file, line: settings.http.line, column: settings.http.column, path: "listen", value: nil,
            problem: "has changed and takes effect at the next start", expected: "")
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
        let streams = encryptedListeners.flatMap(\.listeners) + [http]
        let all = dnsListeners.map { ($0, [ListenerTest.Transport.udp, .tcp]) } + streams.map { ($0, [.tcp]) }
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
