import Addresses
import DNS
import DNSServer
import TestSupport
import Testing

/// What `dig` and `kdig` see.
@Suite struct DigTests {
    private func dig(_ listen: DNSListen, _ arguments: String...) async throws -> String {
        let (output, code) = try await run(
            "dig", ["@\(listen.address)", "-p", "\(listen.port)", "+tries=1", "+time=5", "+nocookie"] + arguments)
        #expect(code == 0, "\(output)")
        return output
    }

    @Test func `dig sees a scheme's name as an appliance would answer it`() async throws {
        try await withServer { server, listening in
            server.publish("cat.example.test.", kittens(0x7F00_000B, 0x7F00_000C))
            let output = try await dig(listening[0], "cat.example.test")
            #expect(output.contains("status: NOERROR"))
            #expect(output.contains("flags: qr aa rd; QUERY: 1, ANSWER: 2, AUTHORITY: 2, ADDITIONAL: 3"))
            #expect(output.contains("cat.example.test.\t30\tIN\tA\t127.0.0.11"))
            #expect(output.contains("cat.example.test.\t30\tIN\tA\t127.0.0.12"))
            #expect(output.contains("example.test.\t\t900\tIN\tNS\tns1.example.test."))
            #expect(output.contains("ns2.example.test.\t900\tIN\tA\t192.0.2.2"))
            #expect(output.contains("udp: 1232"))
            #expect(!output.contains("Warning"))
        }
    }

    @Test func `dig falls back to TCP for what does not fit, and gets all of it`() async throws {
        try await withServer { _, listening in
            let output = try await dig(listening[0], "big.example.test")
            #expect(output.contains("Truncated, retrying in TCP mode"))
            #expect(output.contains("ANSWER: 200, AUTHORITY: 2, ADDITIONAL: 3"))
        }
    }

    @Test(arguments: [
        (["+tcp", "www.example.test"], "cat.example.test."),
        (["+short", "example.test", "SOA"], "ns1.example.test. ns1.example.test. 8 9 9 9 60"),
        (["nowhere.example.test"], "status: NXDOMAIN"),
        (["example.test", "TXT"], "ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 1"),
        (["example.org"], "status: REFUSED"),
        (["+opcode=15", "example.test"], "status: NOTIMP"),
        (["+edns=1", "+noednsneg", "example.test"], "status: BADVERS"),
        (["+dnssec", "example.test"], "flags: do; udp: 1232"),
        (["+nsid", "+subnet=192.0.2.0/24", "example.test", "NS"], "ANSWER: 2"),
        (["-t", "ANY", "example.test"], "status: NOERROR"),
    ])
    func `dig gets the answer`(arguments: [String], expected: String) async throws {
        try await withServer { server, listening in
            server.publish("cat.example.test.", kittens(0x7F00_000B))
            let (output, code) = try await run(
                "dig",
                ["@127.0.0.1", "-p", "\(listening[0].port)", "+tries=1", "+time=5", "+nocookie"] + arguments)
            #expect(code == 0)
            #expect(output.contains(expected), "\(output)")
        }
    }

    @Test func `kdig sees the same over UDP and over a kept TCP connection`() async throws {
        try await withServer { server, listening in
            server.publish("cat.example.test.", kittens(0x7F00_000B))
            for options in [["+notcp"], ["+tcp", "+keepopen"]] {
                let (output, code) = try await run(
                    "kdig",
                    ["@127.0.0.1", "-p", "\(listening[0].port)"] + options
                        + ["cat.example.test", "cat.example.test", "AAAA", "example.test", "SOA"])
                #expect(code == 0)
                #expect(output.contains("127.0.0.11"))
                #expect(!output.uppercased().contains("WARNING"), "\(output)")
            }
        }
    }

    @Test func `dig asks twice on one connection`() async throws {
        try await withServer { server, listening in
            let output = try await dig(
                listening[0], "+tcp", "+keepopen", "ns1.example.test", "big.example.test", "+tcp", "+keepopen")
            #expect(output.contains("192.0.2.1") && output.contains("ANSWER: 200"), "\(output)")
            #expect(server.counters.tcpQueries == 2)
        }
    }

    @Test(arguments: [["-u"], ["-t"]])
    func `drill gets the answer`(options: [String]) async throws {
        try await withServer { _, listening in
            let (output, code) = try await run(
                "drill", ["-p", "\(listening[0].port)"] + options + ["@127.0.0.1", "example.test", "NS"])
            #expect(code == 0)
            #expect(output.contains("rcode: NOERROR") && output.contains("ns2.example.test."), "\(output)")
        }
    }

    @Test(arguments: [
        ("0.0.0.0", "127.0.0.1"), ("0.0.0.0", "127.9.8.7"),  // whichever address was asked
        ("::", "::1"), ("::1", "::1"),
        ("127.0.0.5", "127.0.0.5"),
    ])
    func `a reply comes from the address that was asked`(bound: String, asked: String) async throws {
        // dig drops replies from anywhere else.
        try await withServer(on: [bound]) { _, listening in
            let asked = DNSListen(address: try #require(IPAddress(asked)), port: listening[0].port)
            for options in [["+notcp"], ["+tcp"]] {
                let (output, code) = try await run(
                    "dig",
                    ["@\(asked.address)", "-p", "\(asked.port)", "+tries=1", "+time=5", "+short"] + options
                        + ["ns1.example.test"])
                #expect(code == 0)
                #expect(output == "192.0.2.1\n")
            }
        }
    }

    @Test func `both families listen side by side on one port`() async throws {
        try await withServer(on: ["0.0.0.0"]) { _, listening in
            let server = DNSServer(
                listen: [DNSListen(address: try #require(IPAddress("::")), port: listening[0].port)], workers: 1,
                snapshot: try kittenSnapshot(), logger: quiet)
            try await server.start()
            await server.stop()
        }
    }
}
