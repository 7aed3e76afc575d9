import Failover

/// The ports of services, and what else is at them.
extension SettingsReader {
    /// `443`, `443/tcp` or `53/udp`, or several.
    mutating func readPorts(_ entry: Entry?, of place: Entry) -> [LineService.Port] {
        let form = "1…65535, with /udp for UDP: 443, 53/udp or [80, 443]"
        let items = items(of: entry)
        if items.isEmpty { report(entry?.atKey ?? place, "has no port", "port: \(form)") }
        var ports: [LineService.Port] = []
        for item in items {
            guard let written = text(of: item) else { continue }
            guard let port = LineService.Port(written) else {
                report(item, value: written, "is not a port", form)
                continue
            }
            if ports.contains(port) {
                report(item, value: written, "stands twice", "each port once")
            } else {
                ports.append(port)
            }
        }
        return ports
    }

    /// Says where the forwarding would take what this server listens for itself.
    mutating func warnAboutOwnPorts(_ services: [ReadService], dns: [Listener], http: Listener) {
        for read in services {
            guard let service = read.service, service.hasOnsite else { continue }
            for port in service.ports {
                let listeners = port.transport == .udp ? dns : dns + [http]
                for listener in listeners where listener.port == Int(port.number) {
                    let isEverywhere = ["0.0.0.0", "::"].contains("\(listener.address)")
                    guard isEverywhere || service.lineAddresses.contains(listener.address) else { continue }
                    warn(read.place, "takes port \(port) of its lines from \(listener), where this server listens")
                }
            }
        }
    }

    /// One port of one line can be forwarded for one service only.
    mutating func reportSharedPorts(_ read: ReadService, _ ports: inout [String: String]) {
        guard let service = read.service, service.hasOnsite else { return }
        for line in service.lines {
            for port in service.ports {
                let key = "port \(port) of \(line)"
                if let other = ports[key] {
                    report(read.place, "needs \(key), which \(other) has already", "another port, or other lines")
                    return
                }
                ports[key] = service.scheme.text
            }
        }
    }
}

extension LineService.Port {
    fileprivate init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let isNumber = parts[0].utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard parts.count <= 2, isNumber, let number = UInt16(parts[0]), number > 0,
            let transport = ForwardedService.Transport(rawValue: parts.count == 2 ? parts[1] : "tcp")
        else { return nil }
        self.init(number: number, transport: transport)
    }
}
