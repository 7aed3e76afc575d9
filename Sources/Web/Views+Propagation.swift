import Control

extension Views {
    /// How far an answer has got.
    func propagation(_ seen: PropagationReport) -> [String: Any] {
        var view: [String: Any] = [
            "summary": seen.summary, "forecast": seen.forecast, "at": seen.at,
            "providers": seen.providers.map(provider),
            "servers": seen.authorities.map { server($0, role: "name server") }
                + seen.resolvers.map { server($0, role: "resolver") },
        ]
        view["clearAt"] = seen.clearAt
        return view
    }

    private func provider(_ provider: ProviderReport) -> [String: Any] {
        let tone =
            switch provider.sync {
            case "verified", "synced": "good"
            case "waiting": "wait"
            default: "bad"
            }
        var view: [String: Any] = [
            "name": provider.name, "sync": provider.isPaused ? "paused" : provider.sync, "tone": tone,
        ]
        view["since"] = provider.since
        if !provider.words.isEmpty { view["words"] = provider.words }
        return view
    }

    private func server(_ server: PropagationReport.Server, role: String) -> [String: Any] {
        let (tone, verdict): (String, String) =
            switch server.agrees {
            case true: ("good", "as decided")
            case false: ("bad", "otherwise")
            case nil: ("wait", server.trouble ?? "not judged")
            }
        var view: [String: Any] = [
            "name": server.name ?? "", "role": role, "address": server.address, "tone": tone, "verdict": verdict,
            "answers": server.answers.isEmpty
                ? server.trouble == nil ? "no record" : "" : server.answers.joined(separator: " "),
            "ttl": server.ttl.map { "\($0) s" } ?? "", "serial": server.serial.map { "\($0)" } ?? "",
            "took": "\(Int(server.milliseconds.rounded())) ms",
        ]
        view["since"] = server.disagreesSince
        return view
    }
}
