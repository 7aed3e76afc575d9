import Foundation
import TestSupport
import Testing

/// What somebody with a secondary sees of `ninelives serve`.
@Suite struct SecondaryTests {
    private static let secret = "bmluZSBsaXZlcyBhcmUgYmV0dGVyIHRoYW4gb25lLiA="

    @Test func `a keyed transfer has the scheme's address, others are refused, and no crash sets the serial back`()
        async throws
    {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let (dns, http) = (try freePort(), try freePort())
        let file = try folder.write(
            "n.yaml",
            """
            listen: { dns: "127.0.0.1:\(dns)", http: "127.0.0.1:\(http)" }
            data: data
            keys: { k1: { secret-file: k1.key } }
            transfer: 127.0.0.1 key k1
            zones:
              - name: example.test
                records: |
                  @    900  IN SOA  ns1 hostmaster 5 3600 600 604800 60
                  @    900  IN NS   ns1
                  ns1  900  IN A    192.0.2.53
            policies:
              quick: { interval: 1s, timeout: 800ms, recheck: 200ms }
            indicators:
              self: { check: tcp, host: 127.0.0.1, port: \(http), policy: quick }
            schemes:
              www.example.test: { members: [{ indicator: self, value: 192.0.2.1 }] }
            """)
        try folder.write("k1.key", Self.secret)
        var serials: [UInt32] = []
        for _ in 0..<2 {
            let server = try ChildProcess(binary, ["serve", "--config", file])
            do {
                try await eventually("the zone can be transferred") {
                    try await axfr(dns, "-y", "hmac-sha256:k1:\(Self.secret)").contains { $0.hasPrefix("www") }
                }
                let lines = try await axfr(dns, "-y", "hmac-sha256:k1:\(Self.secret)")
                // Its TTL is lower until the first verdict is certain.
                #expect(lines.contains { $0.hasPrefix("www.example.test. ") && $0.hasSuffix(" IN A 192.0.2.1") })
                serials.append(try #require(UInt32(lines.first?.split(separator: " ").dropFirst(6).first ?? "")))
                let refused = try await axfr(dns)
                #expect(refused == ["; Transfer failed."])
                #expect(!server.printed.contains(Self.secret))
            } catch {
                Issue.record("\(server.printed)")
                server.signal(SIGKILL)
                await server.end()
                throw error
            }
            server.signal(SIGKILL)
            await server.end()
        }
        #expect(serials.count == 2 && serials[0] >= 6 && serials[1] > serials[0], "\(serials)")
    }

    private func axfr(_ port: Int, _ options: String...) async throws -> [String] {
        let (output, _) = try await run(
            "dig",
            ["@127.0.0.1", "-p", "\(port)", "+noall", "+answer", "+time=10", "+tries=1", "axfr", "example.test"]
                + options)
        return output.split(separator: "\n").filter { !$0.hasPrefix(";") || $0.contains("failed") }.filter {
            !$0.hasPrefix("; <<>>") && !$0.hasPrefix(";; global")
        }.map { $0.split { $0 == "\t" || $0 == " " }.joined(separator: " ") }
    }
}
