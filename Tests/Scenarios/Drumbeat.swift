import Foundation
import Synchronization

/// Asks for a name's addresses one after the other, once each, and counts what comes back.
final class Drumbeat: Sendable {
    struct Answers: Sendable {
        var count = 0
        /// Questions to which nothing came within twenty seconds.
        var missing = 0
        /// Answers without an address.
        var empty = 0
    }

    private let answers = Mutex(Answers())
    private let isOver = Mutex(false)
    private let done = DispatchSemaphore(value: 0)

    init(port: Int, name: String) {
        let thread = Thread { [self] in
            while !isOver.withLock({ $0 }) {
                let addresses = Self.ask(name, port)
                answers.withLock { answers in
                    answers.count += 1
                    if addresses == nil { answers.missing += 1 }
                    if addresses == 0 { answers.empty += 1 }
                }
                usleep(1000)
            }
            done.signal()
        }
        thread.start()
    }

    func end() -> Answers {
        isOver.withLock { $0 = true }
        done.wait()
        return answers.withLock { $0 }
    }

    /// How many records the answer has; nil if none came.
    private static func ask(_ name: String, _ port: Int) -> Int? {
        let question: [UInt8] = name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        let query: [UInt8] = [0x4E, 0x4C, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0] + question + [0, 0, 1, 0, 1]
        let socket = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(socket) }
        var server = sockaddr_in()
        server.sin_family = sa_family_t(AF_INET)
        server.sin_port = UInt16(port).bigEndian
        server.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let sent = withUnsafePointer(to: &server) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(socket, query, query.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        var ready = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard sent == query.count, poll(&ready, 1, 20_000) > 0 else { return nil }
        var reply = [UInt8](repeating: 0, count: 4096)
        guard recv(socket, &reply, reply.count, 0) >= query.count else { return nil }
        return Int(reply[6]) << 8 | Int(reply[7])
    }
}
