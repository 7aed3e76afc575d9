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
    let host: String
    let port: Int
    let site: Site
    let logger: Logger
    let tls: (@Sendable () -> NIOSSLContext)?
    private let limits: WebLimits

    /// - Parameters:
    ///   - demo: the servers of a demo, if this is one: then whoever comes may change everything.
    ///   - isStatusOpen: whether the status page needs none, whatever looking needs.
    ///   - metrics: more lines for `/metrics`, in Prometheus' text format.
    ///   - accounts: who may change anything; without it nobody may.
    ///   - isReadingOpen: whether looking needs no account.
    ///   - revisions: the configuration, to be looked at and changed.
    ///   - tls: what the next connection is encrypted with; without it, connections are in the clear.
    package init(
        host: String, port: Int, control: any ControlInterface, demo: (any DemoServers)?, accounts: Accounts? = nil,
        isReadingOpen: Bool = true, isStatusOpen: Bool = false, revisions: (any RevisionInterface)? = nil,
        tls: (@Sendable () -> NIOSSLContext)? = nil, limits: WebLimits = WebLimits(),
        metrics: @escaping @Sendable () async -> String, logger: Logger
    ) throws {
        self.host = host
        self.port = port
        self.site = try Site(
            control: control, demo: demo,
            gate: Gate(
                accounts: accounts, isReadingOpen: isReadingOpen, isStatusOpen: isStatusOpen,
                sandbox: demo == nil ? nil : Gate.Sandbox()),
            moreMetrics: metrics, revisions: revisions, hasTLS: tls != nil, logger: logger)
        self.logger = logger
        self.tls = tls
        self.limits = limits
    }

    /// Whether looking needs no account from now on.
    package func setReadingOpen(_ isOpen: Bool) { site.gate.setReadingOpen(isOpen) }
    /// The same of the status page.
    package func setStatusOpen(_ isOpen: Bool) { site.gate.setStatusOpen(isOpen) }

    /// Serves until the graceful shutdown; open event streams end with it.
    package func run() async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            router: site.router(), server: server,
            configuration: .init(
                address: .hostname(host, port: port), serverName: "ninelives",
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections)),
            logger: quiet)
        try await application.run()
    }

    private var server: HTTPServerBuilder {
        let (tls, limits) = (tls, limits)
        return HTTPServerBuilder { responder in
            let plain = HTTP1Channel(
                responder: responder,
                configuration: .init(
                    additionalChannelHandlers: [RequestDeadline(limits)],
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100)))
            guard let tls else { return plain }
            return RenewableTLSChannel(base: plain, context: tls)
        }
    }
}
