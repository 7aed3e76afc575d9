import Glibc
import TestSupport

/// A port that lets every packet vanish: its queue of connections is full, and nobody takes one from it.
final class BlackHole {
    let port: Int
    private var descriptors: [Int32] = []

    init() throws {
        port = try freePort()
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = UInt16(port).bigEndian
        name.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let connect: (Int32, Bool) -> Int32 = { descriptor, isListener in
            withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
                    return isListener ? bind(descriptor, $0, size) : Glibc.connect(descriptor, $0, size)
                }
            }
        }
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        descriptors = [listener]
        guard connect(listener, true) == 0, listen(listener, 0) == 0 else { throw SupportError.noFreePort("127.0.0.1") }
        // One that waits fills a queue of none; the others are for a kernel that counts otherwise.
        for _ in 0..<4 {
            let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
            _ = connect(filler, false)
            descriptors.append(filler)
        }
    }

    func close() {
        for descriptor in descriptors { Glibc.close(descriptor) }
        descriptors = []
    }
}
