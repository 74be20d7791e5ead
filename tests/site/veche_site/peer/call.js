// One side of a call in a browser's page, with the same words as call.py. Each function answers when it has come so far.

// A window of sound that is judged as a whole, and what must be the tone in it.
const WINDOW_SAMPLES = 16384;
const SHARE_MIN = 0.8;
const LOUDNESS = 0.25;

globalThis.call = {
    async prepare(servers, policy, tone) {
        const pc = new RTCPeerConnection({ iceServers: servers, iceTransportPolicy: policy, bundlePolicy: "max-bundle" });
        this.pc = pc;
        this.audio = new AudioContext();
        pc.addTrack(this.sine(tone));
        this.track = new Promise((resolve) => (pc.ontrack = (event) => resolve(event.track)));
        this.state = new Promise((resolve, reject) => {
            pc.onconnectionstatechange = () => {
                if (pc.connectionState === "connected") resolve();
                if (pc.connectionState === "failed") reject(new Error("the connection is failed"));
            };
        });
        // Whoever asks later hears of it then.
        this.state.catch(() => {});
        // One relayed candidate is enough to tell the other side of; null is the end of them.
        this.candidate = new Promise((resolve, reject) => {
            pc.onicecandidate = ({ candidate }) => {
                if (candidate === null) reject(new Error("no relayed candidate"));
                else if (candidate.type === "relay") resolve();
            };
        });
        this.candidate.catch(() => {});
        pc.ondatachannel = ({ channel }) => (channel.onmessage = (message) => channel.send(message.data));
    },

    async offer() {
        this.channel = this.pc.createDataChannel("site");
        this.channel.binaryType = "arraybuffer";
        this.opened = new Promise((resolve) => (this.channel.onopen = resolve));
        await this.pc.setLocalDescription();
        return this.described();
    },

    async answer(offer) {
        await this.pc.setRemoteDescription(offer);
        await this.pc.setLocalDescription();
        return this.described();
    },

    async accept(answer) {
        await this.pc.setRemoteDescription(answer);
    },

    async connected() {
        await this.state;
        const stats = await this.pc.getStats();
        const all = [...stats.values()];
        const transport = all.find((entry) => entry.type === "transport");
        const pair = stats.get(transport.selectedCandidatePairId);
        const shown = ({ candidateType, address, port }) => ({ type: candidateType, host: address, port });
        return { local: shown(stats.get(pair.localCandidateId)), remote: shown(stats.get(pair.remoteCandidateId)) };
    },

    async exchange(sizes) {
        await this.opened;
        const messages = sizes.map((size) => crypto.getRandomValues(new Uint8Array(size)));
        const echoed = new Promise((resolve, reject) => {
            let next = 0;
            this.channel.onmessage = ({ data }) => {
                const sent = messages[next++];
                const came = new Uint8Array(data);
                if (came.length !== sent.length || came.some((byte, at) => byte !== sent[at])) {
                    reject(new Error(`a message of ${sent.length} bytes came back as another one`));
                }
                if (next === messages.length) resolve();
            };
        });
        for (const message of messages) this.channel.send(message);
        await echoed;
        return sizes.reduce((sum, size) => sum + size, 0);
    },

    async hear(tone) {
        const stream = new MediaStream([await this.track]);
        // Without an element that plays it Chromium gives no sound to the rest of the page.
        const element = new Audio();
        element.muted = true;
        element.srcObject = stream;
        await element.play();
        const source = this.audio.createMediaStreamSource(stream);
        const listener = this.audio.createScriptProcessor(WINDOW_SAMPLES, 1, 1);
        source.connect(listener).connect(this.audio.destination);
        return new Promise((resolve) => {
            listener.onaudioprocess = ({ inputBuffer }) => {
                const found = share(inputBuffer.getChannelData(0), inputBuffer.sampleRate, tone);
                if (found >= SHARE_MIN) resolve(found);
            };
        });
    },

    async close() {
        this.pc.close();
        await this.audio.close();
    },

    async described() {
        await this.candidate;
        return { sdp: this.pc.localDescription.sdp, type: this.pc.localDescription.type };
    },

    sine(hertz) {
        const oscillator = this.audio.createOscillator();
        oscillator.frequency.value = hertz;
        const quieter = this.audio.createGain();
        quieter.gain.value = LOUDNESS;
        const output = this.audio.createMediaStreamDestination();
        oscillator.connect(quieter).connect(output);
        oscillator.start();
        return output.stream.getAudioTracks()[0];
    },
};

// How much of the energy in these samples is a sine of that frequency; see tone.py.
function share(samples, rate, hertz) {
    const step = (2 * Math.PI * hertz) / rate;
    let [energy, real, imaginary] = [0, 0, 0];
    samples.forEach((sample, at) => {
        energy += sample * sample;
        real += sample * Math.cos(step * at);
        imaginary += sample * Math.sin(step * at);
    });
    return energy === 0 ? 0 : (2 * (real * real + imaginary * imaginary)) / (samples.length * energy);
}
