/// Every method that opens a connection, with arguments for a server on a port of loopback.
enum Connecting {
    static let methods = [
        "http-grep", "http-status", "http-digest", "tcp", "tls", "smtp", "imap", "pop3", "ftp", "ssh", "postgresql",
        "mysql", "redis", "websocket", "grpc",
    ]

    static func arguments(_ method: String, _ port: Int) -> [String: String] {
        switch method {
        case "http-grep": ["url": "http://127.0.0.1:\(port)/", "must-have": "x"]
        case "http-status", "http-digest": ["url": "http://127.0.0.1:\(port)/"]
        case "websocket": ["url": "ws://127.0.0.1:\(port)/"]
        case "postgresql", "mysql": ["host": "127.0.0.1", "port": "\(port)", "user": "tom", "tls": "yes"]
        case "tcp": ["host": "127.0.0.1", "port": "\(port)", "send": "x", "expect": "purr"]
        default: ["host": "127.0.0.1", "port": "\(port)"]
        }
    }

    /// The same for those that can begin TLS at once; nil for the others.
    static func secured(_ method: String, _ port: Int, ca: String) -> [String: String]? {
        var arguments = arguments(method, port)
        switch method {
        case "http-grep", "http-status", "http-digest": arguments["url"] = "https://cat.example.test:\(port)/"
        case "websocket": arguments["url"] = "wss://cat.example.test:\(port)/"
        case "redis", "grpc": (arguments["host"], arguments["tls"]) = ("cat.example.test", "yes")
        case "smtp", "imap", "pop3", "ftp": (arguments["host"], arguments["tls"]) = ("cat.example.test", "implicit")
        case "tls": arguments["host"] = "cat.example.test"
        default: return nil
        }
        arguments["addr"] = "127.0.0.1"
        arguments["ca"] = ca
        return arguments
    }
}
