import Addresses
import Control
import Failover
import Forwarding
import Logging
import ServiceLifecycle
import Settings
import Synchronization

/// Has the kernel forward what `Control` wants, as long as the server runs; and leaves it so.
///
/// A restore puts another `Control` in place of the one before; what is in force stays meanwhile.
actor PortForwarding: Service {
    private let forwarder: Forwarder
    private let audience: Audience
    private var isOn: Bool
    private var wanted: ForwardingPlan?

    /// Who is told when something has changed.
    private final class Audience: Sendable {
        private let control = Mutex<Control?>(nil)

        func set(_ control: Control) { self.control.withLock { $0 = control } }
        func tell(_ problems: [String]) async { await control.withLock { $0 }?.forwardingChanged(problems: problems) }
    }

    init(isOn: Bool, logger: Logger) {
        let audience = Audience()
        self.audience = audience
        self.isOn = isOn
        forwarder = Forwarder(logger: logger) { await audience.tell($0.everythingInTheWay) }
    }

    /// Switched off while it runs, it takes the rules away; a server that starts switched off looks at none.
    func set(isOn: Bool) async {
        guard isOn != self.isOn else { return }
        self.isOn = isOn
        if let wanted { await forwarder.want(isOn ? wanted : ForwardingPlan()) }
        await audience.tell([])
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await self.forwarder.run() }
    }

    /// Puts into force what `control` wants, until it stops, and has pages and the API tell how that stands.
    func follow(_ control: Control) async {
        audience.set(control)
        await control.setForwardingInForce { await self.text }
        if isOn { await audience.tell(await forwarder.status.everythingInTheWay) }
        for await plan in await control.forwardingPlans() { await want(plan) }
    }

    private func want(_ plan: ForwardingPlan) async {
        wanted = plan
        if isOn { await forwarder.want(plan) }
    }

    private var text: String? {
        get async { isOn ? await forwarder.status.text : "forwarding: off, so that no rules are set" }
    }
}

extension Appliance {
    /// What is forwarded while every server works: each service to the onsite servers of its best level that has any.
    var forwardingOfAll: ForwardingPlan {
        ForwardingPlan(
            services: services.flatMap { service in
                let onsite = service.servers.compactMap {
                    server -> (level: Priority, address: IPAddress, port: UInt16?)? in
                    guard case .onsite(let address, let port) = server.site, server.priority != .disabled else {
                        return nil
                    }
                    return (server.priority, address, port)
                }
                let best = onsite.filter { $0.level == onsite.map(\.level).max() }
                if best.isEmpty { return [ForwardedService]() }
                return service.ports.map { port in
                    ForwardedService(
                        name: service.scheme.text, transport: port.transport, port: port.number,
                        lineAddresses: service.lineAddresses,
                        servers: best.map { .init(address: $0.address, port: $0.port ?? port.number) },
                        established: service.established, sharing: service.sharing)
                }
            })
    }
}
