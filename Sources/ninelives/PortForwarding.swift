import Control
import Failover
import Forwarding
import Logging
import ServiceLifecycle
import Settings

/// Has the kernel forward what `Control` wants, as long as the server runs; and leaves it so.
struct PortForwarding: Service {
    private let control: Control
    private let forwarder: Forwarder

    init(control: Control, logger: Logger) {
        self.control = control
        forwarder = Forwarder(logger: logger) { await control.forwardingChanged(problems: $0.everythingInTheWay) }
    }

    /// Has pages and the API tell how it stands.
    func introduce() async {
        let forwarder = forwarder
        await control.setForwardingInForce { await forwarder.status.text }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await forwarder.run() }
                group.addTask {
                    for await plan in await control.forwardingPlans() { await forwarder.want(plan) }
                }
            }
        }
    }
}

extension Appliance {
    /// What is forwarded while every server works: each service to the onsite servers of its best level that has any.
    var forwardingOfAll: ForwardingPlan {
        ForwardingPlan(
            services: services.compactMap { service in
                let onsite = service.servers.compactMap { server -> (Priority, ForwardedService.Server)? in
                    guard case .onsite(let target) = server.site, server.priority != .disabled else { return nil }
                    return (server.priority, target)
                }
                guard let best = onsite.map(\.0).max() else { return nil }
                return ForwardedService(
                    name: service.scheme.text, transport: service.transport, port: service.port,
                    lineAddresses: service.lineAddresses, servers: onsite.filter { $0.0 == best }.map(\.1),
                    established: service.established, sharing: service.sharing)
            })
    }
}
