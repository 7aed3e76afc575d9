import Addresses
import Control
import Failover
import Forwarding
import Logging
import ServiceLifecycle
import Settings

/// Has the kernel forward what `Control` wants, as long as the server runs; and leaves it so.
actor PortForwarding: Service {
    private let control: Control
    private let forwarder: Forwarder
    private var isOn: Bool
    private var wanted: ForwardingPlan?

    init(control: Control, isOn: Bool, logger: Logger) {
        self.control = control
        self.isOn = isOn
        forwarder = Forwarder(logger: logger) { await control.forwardingChanged(problems: $0.everythingInTheWay) }
    }

    /// Has pages and the API tell how it stands.
    func introduce() async { await control.setForwardingInForce { await self.text } }

    /// Switched off while it runs, it takes the rules away; a server that starts switched off looks at none.
    func set(isOn: Bool) async {
        guard isOn != self.isOn else { return }
        self.isOn = isOn
        if let wanted { await forwarder.want(isOn ? wanted : ForwardingPlan()) }
        await control.forwardingChanged(problems: [])
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.forwarder.run() }
                group.addTask {
                    for await plan in await self.control.forwardingPlans() { await self.want(plan) }
                }
            }
        }
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
