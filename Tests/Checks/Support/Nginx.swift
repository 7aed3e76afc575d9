import TestSupport

/// Runs `body` beside a real nginx and ends it, whatever happens. `servers` are its `server { … }` blocks for a port.
func withNginx(
    in folder: TemporaryFolder, _ servers: (Int) -> String, _ body: (_ port: Int) async throws -> Void
) async throws {
    let nginx = try Nginx(in: folder, servers)
    do {
        try await eventually("nginx listens") {
            try await probe("tcp", ["host": "127.0.0.1", "port": "\(nginx.port)"]).isSuccess
        }
        try await body(nginx.port)
    } catch {
        await nginx.stop()
        throw error
    }
    await nginx.stop()
}

/// Runs `body` with a folder of its own and removes it, whatever happens.
func withFolder(_ body: (TemporaryFolder) async throws -> Void) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try await body(folder)
}

/// A real nginx on a free port of loopback.
private struct Nginx {
    let port: Int
    private let process: ChildProcess

    init(in folder: TemporaryFolder, _ servers: (Int) -> String) throws {
        let port = try freePort()
        self.port = port
        let file = try folder.write(
            "nginx-\(port).conf",
            """
            daemon off;
            worker_processes 1;
            pid \(folder.path)/nginx-\(port).pid;
            error_log stderr;
            events { worker_connections 2048; }
            http {
                access_log off;
                client_body_temp_path \(folder.path)/body;
                proxy_temp_path \(folder.path)/proxy;
                fastcgi_temp_path \(folder.path)/fastcgi;
                uwsgi_temp_path \(folder.path)/uwsgi;
                scgi_temp_path \(folder.path)/scgi;
                \(servers(port))
            }
            """)
        process = try ChildProcess("nginx", ["-p", folder.path, "-c", file, "-e", "stderr"])
    }

    func stop() async { await process.stop() }
}
