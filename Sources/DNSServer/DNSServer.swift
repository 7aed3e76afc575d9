import Addresses
import DNS
import Logging
package struct DNSListen: Sendable { package init(address: IPAddress, port: Int) {} }
package final class DNSServer: Sendable {
    package init(listen: [DNSListen], workers: Int, logger: Logger) {}
    package func start() throws {}
    package func publish(_ name: Name) {}
    package func stop() async {}
}
