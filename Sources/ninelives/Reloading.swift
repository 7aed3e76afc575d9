import Control
import Foundation
import NIOPosix
import ServiceLifecycle
import Settings
import UnixSignals

/// Puts a changed configuration or zone file into force while the server answers on.
///
///     SIGHUP, or a file has changed ─► `Revisions.reread` ─► which files to watch from now on
///
/// A zone that is broken now and was right before is served as it was; the rest of the revision takes effect.
struct Reloading: Service {
    let revisions: Revisions
    /// What is in force when this begins.
    let settings: Settings

    /// How often files are looked at; a change takes effect when the next look finds nothing new.
    private static let interval = Duration.milliseconds(500)
    /// A file that changes with every look is read nevertheless after so many.
    private static let patience = 10

    func run() async throws {
        let orders = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) { orders.continuation.yield() }
                }
                group.addTask { await watch(orders: orders.stream) }
                try await group.waitForAll()
            }
        }
    }

    /// Looks at the files, and at each order, until the task is cancelled.
    private func watch(orders: AsyncStream<Void>) async {
        let pending = PendingOrder()
        let listening = Task { for await _ in orders { await pending.set() } }
        defer { listening.cancel() }
        let file = settings.file
        var files = [file] + settings.files
        var known = await prints(of: files, readAt: settings.readAt)
        var changing: (seen: FilePrints, looks: Int)?
        while !Task.isCancelled {
            let isOrdered = await pending.take(after: Self.interval)
            let seen = await prints(of: files)
            if !isOrdered {
                guard seen != known else {
                    changing = nil
                    continue
                }
                let looks = (changing?.looks ?? 0) + 1
                guard changing?.seen == seen || looks > Self.patience else {
                    changing = (seen, looks)
                    continue
                }
            }
            changing = nil
            known = seen
            let startedAt = Date().timeIntervalSince1970
            let nowRead = [file] + (await revisions.reread(isOrdered ? "SIGHUP" : "a file has changed"))
            if nowRead != files {
                files = nowRead
                known = await prints(of: files, readAt: startedAt)
            }
        }
    }

    /// Unlike any others if a file has changed since it was read, so that it is read again.
    private func prints(of files: [String], readAt: Double = .infinity) async -> FilePrints {
        let prints = (try? await NIOThreadPool.singleton.runIfActive { FilePrints(files) }) ?? FilePrints([])
        return prints.hasChange(since: readAt) ? FilePrints([]) : prints
    }
}

/// That somebody wants a reload now.
private actor PendingOrder {
    private var isSet = false
    private var pause: Task<Void, Never>?

    func set() {
        isSet = true
        pause?.cancel()
    }

    /// Waits for an order, for so long at most; returns whether there is one.
    func take(after interval: Duration) async -> Bool {
        if !isSet {
            let pause = Task { _ = try? await ContinuousClock().sleep(for: interval) }
            self.pause = pause
            await withTaskCancellationHandler {
                await pause.value
            } onCancel: {
                pause.cancel()
            }
            self.pause = nil
        }
        defer { isSet = false }
        return isSet
    }
}

/// What files look like from outside, so that a change is seen without reading them.
private struct FilePrints: Equatable {
    private struct Print: Equatable {
        var device: UInt
        var inode: UInt
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    private let prints: [Print?]

    /// Whether a file was written at this time (seconds since 1970) or later, as exactly as the file system knows.
    func hasChange(since time: Double) -> Bool {
        prints.contains { print in
            print.map { Double($0.seconds) + Double($0.nanoseconds) / 1e9 > time - 0.02 } ?? false
        }
    }

    init(_ files: [String]) {
        prints = files.map { file in
            var status = stat()
            guard stat(file, &status) == 0 else { return nil }
            return Print(
                device: UInt(status.st_dev), inode: UInt(status.st_ino), size: Int(status.st_size),
                seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
        }
    }
}
