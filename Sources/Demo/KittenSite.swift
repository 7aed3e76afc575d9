import Control
import NIOCore
import Synchronization

/// The world's most reliable kitten website: three servers on loopback addresses that fail by the clock.
package final class KittenSite: DemoServers {
    private let kittens: [KittenServer]
    private let calm: Calm

    /// A kitten server's port is taken.
    package struct PortError: Error, CustomStringConvertible {
        package var address: String
        package var reason: String
        package var description: String { "the kitten server cannot listen on \(address): \(reason)" }
    }

    /// - Parameters:
    ///   - port: of all three, 1…65535.
    ///   - now: seconds since 1970.
    package init(port: Int, hour: KittenHour, now: @escaping @Sendable () -> Double, group: any EventLoopGroup) {
        let calm = Calm()
        self.calm = calm
        kittens = Kitten.all.map {
            KittenServer(kitten: $0, port: port, hour: hour, calm: calm, now: now, group: group)
        }
    }

    /// Starts all three, or none.
    package func start() async throws(PortError) {
        for kitten in kittens {
            do {
                try await kitten.start()
            } catch {
                await stop()
                throw PortError(address: "\(kitten.kitten.address):\(kitten.port)", reason: "\(error)")
            }
        }
    }

    package func stop() async {
        for kitten in kittens { await kitten.stop() }
    }

    package func servers() async -> [DemoServerReport] {
        var reports: [DemoServerReport] = []
        for kitten in kittens {
            let page = kitten.page()
            reports.append(
                DemoServerReport(
                    name: kitten.kitten.name, role: kitten.kitten.role,
                    url: "http://\(kitten.kitten.address):\(kitten.port)/", isAlive: await kitten.isAlive,
                    status: page.status, nextChangeAt: kitten.nextChangeAt()))
        }
        return reports
    }

    package func setCalm(_ isCalm: Bool) async { calm.set(isCalm) }

    package func kill(_ name: String) async -> Bool {
        guard let kitten = kittens.first(where: { $0.kitten.name == name }) else { return false }
        await kitten.stop()
        return true
    }

    /// False also if its port has been taken by somebody else meanwhile.
    package func revive(_ name: String) async -> Bool {
        guard let kitten = kittens.first(where: { $0.kitten.name == name }) else { return false }
        return (try? await kitten.start()) != nil
    }
}

/// Whether the kittens fail by the clock at the moment.
final class Calm: Sendable {
    private let value = Mutex(false)

    var isOn: Bool { value.withLock { $0 } }

    func set(_ isOn: Bool) { value.withLock { $0 = isOn } }
}
