import Accounts
import Control
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Storage

/// The page, the API, the event stream and the metrics.
package struct WebServer: Service {
    /// What is shown and ordered; a restore puts another in its place.
    package struct Subject: Sendable {
        var control: any ControlInterface
        var demo: (any DemoServers)?
        var accounts: Accounts?
        var isReadingOpen: Bool
        var isStatusOpen: Bool
        var revisions: (any RevisionInterface)?
        var restoring: (any RestoreInterface)?
        var metrics: @Sendable () async -> String

        /// - Parameters:
        ///   - demo: the servers of a demo, if this is one: then whoever comes may change everything.
        ///   - accounts: who may change anything; without it nobody may.
        ///   - isReadingOpen: whether looking needs no account.
        ///   - isStatusOpen: whether the status page needs none, whatever looking needs.
        ///   - revisions: the configuration, to be looked at and changed.
        ///   - restoring: who puts a backup in the place of all this.
        ///   - metrics: more lines for `/metrics`, in Prometheus' text format.
        package init(
            control: any ControlInterface, demo: (any DemoServers)? = nil, accounts: Accounts? = nil,
            isReadingOpen: Bool = true, isStatusOpen: Bool = false, revisions: (any RevisionInterface)? = nil,
            restoring: (any RestoreInterface)? = nil, metrics: @escaping @Sendable () async -> String
        ) {
            self.control = control
            self.demo = demo
            self.accounts = accounts
            self.isReadingOpen = isReadingOpen
            self.isStatusOpen = isStatusOpen
            self.revisions = revisions
            self.restoring = restoring
            self.metrics = metrics
        }
    }

    let host: String
    let port: Int
    let logger: Logger
    let tls: (@Sendable () -> NIOSSLContext)?
    private let limits: WebLimits
    private let door: FrontDoor
    private let guests: Guests

    /// - Parameter tls: what the next connection is encrypted with; without it, connections are in the clear.
    package init(
        host: String, port: Int, subject: Subject, tls: (@Sendable () -> NIOSSLContext)? = nil,
        limits: WebLimits = WebLimits(), logger: Logger
    ) throws {
        self.host = host
        self.port = port
        self.logger = logger
        self.tls = tls
        self.limits = limits
        guests = Guests(limit: limits.perClient, exemptsLoopback: limits.exemptsLoopback)
        door = FrontDoor(try Site(of: subject, guests, hasTLS: tls != nil, logger: logger))
    }

    /// How many connections one client may have open from now on, ≥ 1.
    package func setConnectionsPerClient(_ limit: Int) { guests.setLimit(limit) }

    /// Whether looking needs no account from now on.
    package func setReadingOpen(_ isOpen: Bool) { door.site.gate.setReadingOpen(isOpen) }
    /// The same of the status page.
    package func setStatusOpen(_ isOpen: Bool) { door.site.gate.setStatusOpen(isOpen) }

    /// Requests from now on are asked to come again, until `open`.
    package func close() { door.close() }
    /// Requests from now on see `subject`; connections stay open.
    package func open(_ subject: Subject) throws {
        door.open(try Site(of: subject, guests, hasTLS: tls != nil, logger: logger))
    }

    /// Serves until the graceful shutdown; open event streams end with it.
    package func run() async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            responder: door, server: server,
            configuration: .init(
                address: .hostname(host, port: port), serverName: "ninelives",
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections)),
            logger: quiet)
        try await application.run()
    }

    private var server: HTTPServerBuilder {
        let (tls, limits, guests) = (tls, limits, guests)
        return HTTPServerBuilder { responder in
            let plain = HTTP1Channel(
                responder: responder,
                configuration: .init(
                    additionalChannelHandlers: [GuestCounter(guests), RequestDeadline(limits)],
                    // Enough for the longest query that the API has, each letter of it as twelve (%F0%9F%90%88).
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: 48 << 10, maxHeaderListSize: 48 << 10, maxHeaderFieldCount: 100)))
            guard let tls else { return plain }
            return RenewableTLSChannel(base: plain, context: tls)
        }
    }
}

extension Site {
    fileprivate init(
        of subject: WebServer.Subject, _ guests: Guests, hasTLS: Bool, logger: Logger
    ) throws(CatalogueError) {
        try self.init(
            control: subject.control, demo: subject.demo,
            gate: Gate(
                accounts: subject.accounts, isReadingOpen: subject.isReadingOpen, isStatusOpen: subject.isStatusOpen,
                sandbox: subject.demo == nil ? nil : Gate.Sandbox()),
            moreMetrics: { await subject.metrics() + guests.metrics }, revisions: subject.revisions,
            restoring: subject.restoring, hasTLS: hasTLS,
            logger: logger)
    }
}
