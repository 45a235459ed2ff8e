/** Two soft notes for a new alarm, made here: no sound file, off until asked for. */

let context: AudioContext | null = null;

export function chime(grave: boolean): void {
  context ??= new AudioContext();
  const audio = context;
  void audio.resume();
  const notes = grave ? [587.3, 440, 587.3] : [523.3, 659.3];
  notes.forEach((pitch, i) => {
    const start = audio.currentTime + i * 0.22;
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.type = "sine";
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.12, start + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.6);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.65);
  });
}
