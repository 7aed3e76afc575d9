import Foundation
import TestSupport

/// Asks a DNS server on 127.0.0.1 again every millisecond until it answers, so that the first answer is seen.
struct LoopbackQuestion: Sendable {
    let port: Int

    /// The addresses of a name, sorted.
    func addresses(_ name: String) throws -> [String] {
        try records(name, type: 1).map { $0.map(String.init).joined(separator: ".") }.sorted()
    }

    func serial(_ apex: String) throws -> UInt32 {
        guard let rdata = try records(apex, type: 6).first, rdata.count > 20 else { throw Broken("no SOA of \(apex)") }
        return rdata.suffix(20).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The RDATA of each answer.
    private func records(_ name: String, type: UInt8) throws -> [[UInt8]] {
        var question: [UInt8] = name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        question += [0, 0, type, 0, 1]
        let reply = try ask([0x4E, 0x4C, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0] + question)
        var records: [[UInt8]] = []
        var place = 12 + question.count
        for _ in 0..<(Int(reply[6]) << 8 | Int(reply[7])) {
            // The owner is a pointer to the question.
            let length = Int(reply[place + 10]) << 8 | Int(reply[place + 11])
            records.append(Array(reply[(place + 12)..<(place + 12 + length)]))
            place += 12 + length
        }
        return records
    }

    private func ask(_ query: [UInt8]) throws -> [UInt8] {
        let socket = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(socket) }
        var server = sockaddr_in()
        server.sin_family = sa_family_t(AF_INET)
        server.sin_port = UInt16(port).bigEndian
        server.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &server) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Broken("no socket to ask from") }
        var reply = [UInt8](repeating: 0, count: 4096)
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            guard send(socket, query, query.count, 0) == query.count else { continue }
            var ready = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 1) > 0 else { continue }
            let length = recv(socket, &reply, reply.count, 0)
            if length >= query.count { return Array(reply[..<length]) }
            // Nobody listens yet: the refusal comes back at once.
            usleep(1000)
        }
        throw SupportError.timedOut(waitingFor: "an answer from port \(port)")
    }
}

/// Two members of which one listens at a time.
final class Flapping {
    let ports: [Int]
    private(set) var up = 0
    private var socket: Int32 = -1

    init(ports: [Int]) { self.ports = ports }

    /// The one that listens falls, and the other comes up.
    func turn() throws {
        end()
        up = 1 - up
        socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(ports[up]).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(socket, 128) == 0 else { throw Broken("port \(ports[up]) cannot be listened on") }
    }

    func end() {
        if socket >= 0 { close(socket) }
        socket = -1
    }
}
