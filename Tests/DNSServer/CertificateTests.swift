import Addresses
import DNS
import Glibc
import TestSupport
import Testing

@testable import DNSServer

/// A certificate that comes, changes and breaks.
@Suite struct CertificateTests {
    private func names(shownAt listen: DNSListen) async throws -> String {
        try await run("openssl", ["s_client", "-connect", "127.0.0.1:\(listen.port)"]).output
    }

    @Test func `a new certificate is shown to new connections while the old ones go on`() async throws {
        var limits = DNSServerLimits()
        limits.certificateCheck = .milliseconds(20)
        try await withEncryptedServer(limits: limits) { encrypted in
            let kept = try await TLSClient(encrypted.tls)
            try await kept.send(framed(query("ns1.example.test.")))
            _ = try await kept.frames(1)
            #expect(try await names(shownAt: encrypted.tls).contains("CN = server.example.test"))
            let next = try await makeCertificate(in: encrypted.folder, named: "next")
            // One file after the other, as most tools do it.
            #expect(rename(next.certificate, encrypted.files.certificate) == 0)
            #expect(rename(next.key, encrypted.files.key) == 0)
            for listen in [encrypted.tls, encrypted.https] {
                try await eventually("the new one is shown") {
                    try await names(shownAt: listen).contains("CN = next.example.test")
                }
            }
            try await kept.send(framed(query("ns1.example.test.")))
            #expect(try await kept.frames(1).count == 1)
        }
    }

    @Test func `files that cannot be used are reported once, and the certificate before them stays`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let files = try await makeCertificate(in: folder)
        let other = try await makeCertificate(in: folder, named: "other")
        let log = CountingLog()
        let certificate = try ServerCertificate(files, applicationProtocols: ["dot"], logger: log.logger)
        let before = certificate.context
        certificate.reloadIfChanged()
        #expect(certificate.context === before && log.count(.error) == 0, "nothing has changed")
        try folder.write("server.pem", "not a certificate")
        for _ in 0..<5 { certificate.reloadIfChanged() }
        #expect(certificate.context === before && log.count(.error) == 1)
        // The certificate came first: its key is a moment late.
        #expect(rename(other.certificate, files.certificate) == 0)
        certificate.reloadIfChanged()
        #expect(certificate.context === before && log.count(.error) == 1)
        #expect(rename(other.key, files.key) == 0)
        certificate.reloadIfChanged()
        #expect(certificate.context !== before && log.count(.error) == 1 && log.count(.notice) == 1)
    }

    @Test func `each thing that can be wrong has its own words`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let good = try await makeCertificate(in: folder)
        let other = try await makeCertificate(in: folder, named: "other")
        let text = try folder.write("text", "a text")
        let missing = folder.path + "/missing"
        func error(_ certificate: String, _ key: String) -> CertificateError? {
            do throws(CertificateError) {
                try CertificateFiles(certificate: certificate, key: key).validate()
                return nil
            } catch {
                return error
            }
        }
        #expect(error(good.certificate, good.key) == nil)
        #expect(error(missing, good.key) == .unreadable(missing, errorNumber: ENOENT))
        #expect(error(folder.path, good.key) == .unreadable(folder.path, errorNumber: EISDIR))
        #expect(error(text, good.key) == .notACertificate(text))
        #expect(error(good.certificate, text) == .notAKey(text))
        #expect(
            error(good.certificate, other.key)
                == .keyOfAnotherCertificate(certificate: good.certificate, key: other.key))
        #expect(
            "\(CertificateError.unreadable("a.pem", errorNumber: ENOENT))"
                == "a.pem cannot be read: No such file or directory; use the path of a file that this user may read")
    }

    @Test func `a server with a broken certificate does not start, and frees its ports`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let files = CertificateFiles(certificate: folder.path + "/none", key: folder.path + "/none")
        let listen = DNSListen(address: .v4(IPv4Address(bits: 0x7F00_0001)), port: try freePort())
        let server = DNSServer(
            listen: [listen],
            encrypted: [
                EncryptedListen(listen: DNSListen(address: listen.address, port: 0), service: .tls, files: files)
            ],
            workers: 1, snapshot: try kittenSnapshot(), logger: quiet)
        await #expect(throws: DNSServerError.self) { try await server.start() }
        let second = DNSServer(listen: [listen], workers: 1, snapshot: try kittenSnapshot(), logger: quiet)
        try await second.start()
        await second.stop()
    }
}
