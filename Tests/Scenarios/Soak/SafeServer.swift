import TestSupport
import Testing

/// A real nginx with TLS and HTTP/2, whose certificate nobody has signed.
struct SafeServer {
    let port: Int
    private let process: ChildProcess

    init(in folder: TemporaryFolder) async throws {
        let (output, code) = try await run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=soak", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "\(folder.path)/safe.key",
                "-out", "\(folder.path)/safe.pem",
            ])
        try #require(code == 0, "\(output)")
        port = try freePort()
        let file = try folder.write(
            "nginx.conf",
            """
            daemon off;
            worker_processes 1;
            pid \(folder.path)/nginx.pid;
            error_log stderr crit;
            events { worker_connections 1024; }
            http {
                access_log off;
                client_body_temp_path \(folder.path)/body; proxy_temp_path \(folder.path)/proxy;
                fastcgi_temp_path \(folder.path)/fastcgi; uwsgi_temp_path \(folder.path)/uwsgi;
                scgi_temp_path \(folder.path)/scgi;
                server {
                    listen 127.0.0.1:\(port) ssl http2;
                    ssl_certificate \(folder.path)/safe.pem;
                    ssl_certificate_key \(folder.path)/safe.key;
                    location / { return 200 "status=OK\\n"; }
                }
            }
            """)
        process = try ChildProcess("nginx", ["-p", folder.path, "-c", file, "-e", "stderr"])
    }

    func stop() async { await process.stop() }
}
