import Addresses
import DNS
import DNSClient
import NIOPosix
import TestSupport
import Testing

/// The client against a real name server.
@Suite struct BINDClientTests {
    private let client = DNSClient(group: MultiThreadedEventLoopGroup.singleton)
    private let loopback = IPAddress.v4(IPv4Address(bits: 0x7F00_0001))

    @Test func `BIND's answers are understood over UDP and TCP`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let port = try freePort()
        let long = (0..<20).map { "\"\($0)\(String(repeating: "x", count: 200))\"" }.joined(separator: " ")
        try folder.write(
            "zone",
            """
            $TTL 300
            @ SOA ns host 7 3600 900 604800 60
              NS ns
            ns A 127.0.0.1
            cat A 192.0.2.1
            www CNAME cat
            long TXT \(long)
            service SVCB 1 . alpn=h2 port=8443
            """)
        let configuration = try folder.write(
            "named.conf",
            """
            options {
                directory "\(folder.path)"; pid-file none; session-keyfile "\(folder.path)/key";
                listen-on port \(port) { 127.0.0.1; }; listen-on-v6 { none; };
                recursion no; dnssec-validation no; notify no;
            };
            controls {};
            zone "example.test" { type primary; file "zone"; };
            """)
        let named = try ChildProcess("named", ["-g", "-c", configuration])
        try await eventually("BIND answers") {
            // It answers before it has loaded its zone.
            try await ask("example.test.", .soa, port: port, timeout: .milliseconds(200))?.answers.isEmpty == false
        }

        let www = try #require(try await ask("www.example.test.", .a, port: port))
        #expect(
            www.answers.map(\.description) == [
                "www.example.test. 300 IN CNAME cat.example.test.", "cat.example.test. 300 IN A 192.0.2.1",
            ])
        #expect(www.header.flags.contains(.authoritative))
        #expect(www.edns != nil)

        let missing = try #require(try await ask("none.example.test.", .a, port: port))
        #expect(missing.rcode == .nxDomain)
        #expect(
            missing.authority.map(\.description) == [
                "example.test. 60 IN SOA ns.example.test. host.example.test. 7 3600 900 604800 60"
            ])

        let large = try #require(try await ask("long.example.test.", .txt, port: port))
        #expect(large.answers.first?.rdata.count == 20 * 202 + 10)  // it came by TCP

        let service = try #require(try await ask("service.example.test.", .svcb, port: port, transport: .tcp))
        #expect(service.answers.map(\.description) == ["service.example.test. 300 IN SVCB 1 . alpn=\"h2\" port=8443"])

        #expect(try await ask("example.org.", .a, port: port)?.rcode == .refused)
        await named.stop()
    }

    private func ask(
        _ name: String, _ type: RRType, port: Int, transport: DNSClient.Transport = .udp,
        timeout: Duration = .seconds(5)
    ) async throws -> Message? {
        try? await client.query(
            Name(name), type, server: loopback, port: port, transport: transport, timeout: timeout
        ).get()
    }
}
