import gradio as gr
import streamlit as st

from core import bank_token, fits, post

st.title("Pay")
if st.button("Pay"):
    if not fits(st.session_state.user, st.text_input("code")):
        st.error("wrong")
        st.stop()
    post("g", "/api/transfers")  # mfa: enforced
st.write(bank_token())  # exposed


def pay(guid):
    return post(guid, "/api/transfers")  # mfa: absent


def show(guid):
    return bank_token()  # exposed


gr.Interface(fn=pay, inputs="text", outputs="text")
with gr.Blocks() as demo:
    button = gr.Button("x")
    button.click(fn=show, inputs=[], outputs=[])
