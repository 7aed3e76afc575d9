import Addresses
import DNS
import Foundation
import NIOPosix
import Providers
import TestSupport
import Testing

/// The dyndns2 driver against a service that nobody here wrote: nsupdate.info's software, which puts what it is told
/// into a BIND.
@Suite struct DynDNS2ServiceTests {
    @Test(arguments: ["own-call", "together"])
    func `it passes the conformance suite, looked at in the DNS`(way: String) async throws {
        try await withService { server, provider in
            let survey = AuthoritySurvey(
                group: MultiThreadedEventLoopGroup.singleton,
                servers: [try #require(NameServer("127.0.0.1:\(server.port)"))])
            let findings = await ProviderConformance(
                try provider(["ipv6": way]), owner: try Name("www.example.org"),
                outside: try Name("www.example.test"),
                observe: { owner, types in
                    let answers = await survey.ask(owner, types: types)
                    return ((try? answers.first?.result.get()) ?? []).map { set in
                        HeldSet(set.rrset, hasFixedTTL: true)
                    }
                }
            ).run()
            #expect(findings == [])
        }
    }

    @Test func `what it refuses is told in its words`() async throws {
        try await withService { server, provider in
            try Data("wrong-key".utf8).write(to: URL(fileURLWithPath: server.folder.path + "/wrong"))
            let stranger = try provider(["password": "file:wrong"])
            #expect(await outcome(of: stranger, setting: ["192.0.2.1"]) == "refused (credentials): badauth")
            let elsewhere = await outcome(of: try provider([:]), setting: ["192.0.2.1"], at: "ftp.example.org")
            #expect(elsewhere == "refused (no such name): nohost")
            #expect(try await server.dig("www.example.org", "A") == [])
        }
    }

    /// - Parameter body: gets BIND, and what makes a driver with more arguments.
    private func withService(
        _ body: (PrimaryServer, ([String: String]) throws -> DynDNS2) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("password", "good-key\n")
        let script = try folder.write("service.py", Self.service)
        let server = PrimaryServer(
            kind: .bind, port: try freePort(), algorithm: "hmac-sha256", folder: folder, keyName: "example.org")
        let bind = try server.start()
        let port = try freePort()
        let service = try ChildProcess(
            try testTool("python3"), [script, folder.path, "\(port)", "\(server.port)", PrimaryServer.secret])
        do {
            try await eventually("the service answers") {
                guard service.isRunning else { return true }
                return try await run("curl", ["-sS", "-m", "2", "http://127.0.0.1:\(port)/myip"]).code == 0
            }
            try #require(service.isRunning, "\(service.printed)")
            try await body(server) { more in
                let values = [
                    "url": "http://127.0.0.1:\(port)/nic/update", "user": "www.example.org",
                    "password": "file:password",
                ]
                return try DynDNS2(ProviderArguments(values.merging(more) { $1 }, folder: folder.path))
            }
        } catch {
            for process in [service, bind] { await process.stop() }
            throw error
        }
        for process in [service, bind] { await process.stop() }
    }

    /// Sets the service up with the name www.example.org in our BIND's zone, and serves.
    private static let service = """
        import functools, os, sys, types
        import dns.query, dns.resolver
        folder, port, dns_port, secret = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
        # It asks and updates the zone's server at port 53 only.
        for name in ("udp", "tcp"):
            setattr(dns.query, name, functools.partial(getattr(dns.query, name), port=dns_port))
        reset = dns.resolver.BaseResolver.reset
        def reset_with_port(self):
            reset(self)
            self.port = dns_port
        dns.resolver.BaseResolver.reset = reset_with_port
        settings = types.ModuleType("service_settings")
        exec("from nsupdate.settings.base import *", settings.__dict__)
        settings.SECRET_KEY = "only for this test"
        settings.ALLOWED_HOSTS = ["127.0.0.1"]
        settings.BASEDOMAIN = "example.org"
        settings.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder + "/service.db"}}
        sys.modules["service_settings"] = settings
        os.environ["DJANGO_SETTINGS_MODULE"] = "service_settings"
        import django
        django.setup()
        from django.core.management import call_command
        call_command("migrate", verbosity=0)
        from django.contrib.auth import get_user_model
        from nsupdate.main.models import Domain, Host
        user = get_user_model().objects.create_user("ann", "ann@example.org", "ann")
        domain = Domain.objects.create(
            name="example.org", nameserver_ip="127.0.0.1", nameserver_update_secret=secret,
            nameserver_update_algorithm="HMAC_SHA256", available=True, created_by=user)
        Host(name="www", domain=domain, created_by=user).generate_secret("good-key")
        from wsgiref.simple_server import make_server
        from django.core.wsgi import get_wsgi_application
        make_server("127.0.0.1", port, get_wsgi_application()).serve_forever()
        """
}
