import TestSupport

/// A real nginx, started for one test on free ports of loopback.
struct Nginx {
    let port: Int
    private let process: ChildProcess

    /// `servers` are the `server { … }` blocks, made for a given port.
    init(in folder: TemporaryFolder, _ servers: (Int) -> String) async throws {
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
        let process = process
        try await eventually("nginx listens: \(process.printed)") {
            try await probe("tcp", ["host": "127.0.0.1", "port": "\(port)"]).isSuccess
        }
    }

    func stop() async { await process.stop() }
}
